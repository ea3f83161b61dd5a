import { ArrowDown, ArrowUp } from "lucide-react";
import { cn } from "./class-names.ts";
import type { Column } from "./data-table.tsx";

export const headerLook =
  "sticky top-11 z-10 h-9 border-b bg-background px-2 text-left text-label font-medium whitespace-nowrap text-muted first:pl-3 last:pr-3";

type HeaderCellProps<Row> = {
  column: Column<Row>;
  sort?: string | undefined;
  onSort?: ((sort: string) => void) | undefined;
  /** Something lies over it: it is read, but not reached by Tab. */
  covered: boolean;
};

export function HeaderCell<Row>({ column, sort, onSort, covered }: HeaderCellProps<Row>) {
  const look = cn(headerLook, column.className);
  if (!column.sort || !onSort)
    return (
      <th scope="col" data-column={column.key} className={look}>
        {column.title}
      </th>
    );
  const name = column.sort;
  const up = sort === name;
  const down = sort === `-${name}`;
  const Arrow = down ? ArrowDown : ArrowUp;
  return (
    <th scope="col" data-column={column.key} aria-sort={ariaSort(up, down)} className={look}>
      <button
        type="button"
        tabIndex={covered ? -1 : undefined}
        onClick={() => onSort(up ? `-${name}` : name)}
        className="-mx-1 inline-flex items-center gap-1 rounded-control px-1 py-0.5 hover:text-text"
      >
        {column.title}
        <Arrow aria-hidden className={cn("size-3", !up && !down && "opacity-0")} />
      </button>
    </th>
  );
}

function ariaSort(up: boolean, down: boolean): "ascending" | "descending" | "none" {
  if (up) return "ascending";
  return down ? "descending" : "none";
}
