import type { ReactNode } from "react";
import { Skeleton } from "../ui/skeleton.tsx";

type CardGridProps<Row> = {
  label: string;
  rows: readonly Row[];
  card: (row: Row) => ReactNode;
  /** So many empty ones while the first answer is awaited. */
  loading: number;
};

const frame = "flex min-w-0 flex-col rounded-surface border bg-surface";

/** Rows side by side; those out of sight are laid out only when they come near. */
export function CardGrid<Row extends { id: string }>({ label, rows, card, loading }: CardGridProps<Row>) {
  return (
    <ul
      aria-label={label}
      className="grid grid-cols-1 gap-3 @xl:grid-cols-2 @4xl:grid-cols-3 @7xl:grid-cols-4"
    >
      {rows.map((row) => (
        <li key={row.id} className={`${frame} [contain-intrinsic-size:auto_9rem] [content-visibility:auto]`}>
          {card(row)}
        </li>
      ))}
      {Array.from({ length: loading }, (_, index) => (
        <li key={index} className={`${frame} h-36 gap-3 p-4`}>
          <Skeleton className="w-2/5" />
          <Skeleton className="w-4/5" />
        </li>
      ))}
    </ul>
  );
}
