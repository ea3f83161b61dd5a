"use client";

import { useWindowVirtualizer } from "@tanstack/react-virtual";
import { ArrowDown, ArrowUp } from "lucide-react";
import { type ReactNode, useLayoutEffect, useRef, useState } from "react";
import { cn } from "./class-names.ts";
import { Skeleton } from "./skeleton.tsx";

export type Column<Row> = {
  key: string;
  title: ReactNode;
  /** The API's name of the column where it can sort by it. */
  sort?: string;
  /** Tailwind classes on each cell of the column, e.g. those that hide it on narrow content. */
  className?: string;
  cell: (row: Row) => ReactNode;
};

type DataTableProps<Row> = {
  label: string;
  columns: Column<Row>[];
  rows: readonly Row[];
  rowKey: (row: Row) => string;
  sort?: string;
  onSort?: (sort: string) => void;
  selected?: string | null;
  onRowClick?: (row: Row) => void;
  /** Shows this many empty rows of full height while the first answer is awaited. */
  loadingRows?: number;
};

const rowHeight = 44;
const overscan = 12;

/** A table on the page's own scroll: its header stays below the top bar, only rows near the window exist. */
export function DataTable<Row>(props: DataTableProps<Row>) {
  const { label, columns, rows, rowKey, selected, onRowClick, loadingRows = 0 } = props;
  const frame = useRef<HTMLTableElement>(null);
  const [scrollMargin, setScrollMargin] = useState(0);
  useLayoutEffect(
    () => setScrollMargin((frame.current?.getBoundingClientRect().top ?? 0) + window.scrollY),
    [],
  );
  const virtual = useWindowVirtualizer({
    count: rows.length,
    estimateSize: () => rowHeight,
    overscan,
    scrollMargin,
    getItemKey: (index) => {
      const row = rows[index];
      return row === undefined ? index : rowKey(row);
    },
  });
  const items = virtual.getVirtualItems();
  const before = (items[0]?.start ?? scrollMargin) - scrollMargin;
  const after = virtual.getTotalSize() - ((items.at(-1)?.end ?? scrollMargin) - scrollMargin);
  return (
    <table
      ref={frame}
      aria-label={label}
      aria-rowcount={rows.length + 1}
      className="w-full border-separate border-spacing-0 text-table"
    >
      <thead>
        <tr>
          {columns.map((column) => (
            <HeaderCell key={column.key} column={column} sort={props.sort} onSort={props.onSort} />
          ))}
        </tr>
      </thead>
      <tbody>
        {before > 0 ? <Gap height={before} span={columns.length} /> : null}
        {items.map((item) => {
          const row = rows[item.index];
          if (row === undefined) return null;
          return (
            <tr
              key={item.key}
              ref={virtual.measureElement}
              data-index={item.index}
              aria-rowindex={item.index + 2}
              aria-selected={selected === undefined ? undefined : selected === rowKey(row)}
              onClick={onRowClick ? (event) => clickedRow(event.target) && onRowClick(row) : undefined}
              className={cn(
                "group",
                onRowClick && "cursor-pointer",
                selected === rowKey(row) ? "bg-accent-soft" : "hover:bg-sunken dark:hover:bg-surface",
              )}
            >
              {columns.map((column) => (
                <td
                  key={column.key}
                  className={cn(
                    "h-11 border-b px-2 py-1.5 align-middle first:pl-3 last:pr-3",
                    column.className,
                  )}
                >
                  {column.cell(row)}
                </td>
              ))}
            </tr>
          );
        })}
        {after > 0 ? <Gap height={after} span={columns.length} /> : null}
        {Array.from({ length: loadingRows }, (_, index) => (
          <tr key={index}>
            {columns.map((column) => (
              <td
                key={column.key}
                className={cn("h-11 border-b px-2 first:pl-3 last:pr-3", column.className)}
              >
                <Skeleton className="w-3/5" />
              </td>
            ))}
          </tr>
        ))}
      </tbody>
    </table>
  );
}

/** A click on something that acts by itself is not a click on the row. */
function clickedRow(target: EventTarget): boolean {
  return target instanceof Element && target.closest("a, button, input, [role=menuitem]") === null;
}

function Gap({ height, span }: { height: number; span: number }) {
  return (
    <tr aria-hidden>
      <td colSpan={span} style={{ height }} />
    </tr>
  );
}

type HeaderCellProps<Row> = { column: Column<Row>; sort?: string; onSort?: (sort: string) => void };

function HeaderCell<Row>({ column, sort, onSort }: HeaderCellProps<Row>) {
  const look = cn(
    "sticky top-11 z-10 h-8 border-b bg-background px-2 text-left text-label font-medium text-muted first:pl-3 last:pr-3",
    column.className,
  );
  if (!column.sort || !onSort)
    return (
      <th scope="col" className={look}>
        {column.title}
      </th>
    );
  const name = column.sort;
  const up = sort === name;
  const down = sort === `-${name}`;
  const Arrow = down ? ArrowDown : ArrowUp;
  return (
    <th scope="col" aria-sort={ariaSort(up, down)} className={look}>
      <button
        type="button"
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
