"use client";

import { useWindowVirtualizer } from "@tanstack/react-virtual";
import { ArrowUp } from "lucide-react";
import { useTranslations } from "next-intl";
import { type ReactNode, useCallback, useLayoutEffect, useMemo, useRef, useState } from "react";
import { Button } from "./button.tsx";
import { cn } from "./class-names.ts";
import { Skeleton } from "./skeleton.tsx";
import { useSteadyRows } from "./steady-rows.ts";
import { HeaderCell } from "./table-header.tsx";
import { cellLook, TableRow } from "./table-row.tsx";
import { type RowSelection, SelectAllCell, useRowKeys } from "./table-selection.tsx";

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
  selection?: RowSelection<Row> | undefined;
  /** Something lies over the header. */
  covered?: boolean;
  density?: "comfortable" | "dense";
  /** Changes when other rows, or another order, are asked for; else rows that come above what is read don't move it. */
  viewKey?: string;
  /** Shows this many empty rows of full height while the first answer is awaited. */
  loadingRows?: number;
};

/** As they mostly come out, px; those in sight are measured. */
const rowHeights = { comfortable: 45, dense: 29 };
const overscan = 12;

/** A table on the page's own scroll: its header stays below the top bar, only rows near the window exist. */
export function DataTable<Row>(props: DataTableProps<Row>) {
  const { label, columns, rows, rowKey, selected, onRowClick, selection, loadingRows = 0 } = props;
  const { density = "comfortable" } = props;
  const frame = useRef<HTMLTableElement>(null);
  const virtual = useRowsInSight(frame, rows, rowKey, rowHeights[density]);
  const ids = useMemo(() => rows.map(rowKey), [rows, rowKey]);
  const focusRow = useCallback(
    (index: number) => frame.current?.querySelector<HTMLElement>(`[data-row-box="${index}"]`)?.focus(),
    [],
  );
  const onOpen = (id: string) => {
    const row = rows[ids.indexOf(id)];
    if (row !== undefined) onRowClick?.(row);
  };
  const { stop, keys } = useRowKeys({ selection, ids, focusRow, onOpen });
  const fresh = useSteadyRows({ virtual, ids, viewKey: `${props.viewKey ?? ""} ${props.sort ?? ""}` });
  const items = virtual.getVirtualItems();
  const margin = virtual.options.scrollMargin;
  const before = (items[0]?.start ?? margin) - margin;
  const after = virtual.getTotalSize() - ((items.at(-1)?.end ?? margin) - margin);
  const span = columns.length + (selection ? 1 : 0);
  const stopsAt = items.some(({ key }) => key === stop) ? stop : items[0]?.key;
  return (
    <div>
      {fresh > 0 ? <FreshPill count={fresh} /> : null}
      <table
        ref={frame}
        aria-label={label}
        data-density={density}
        aria-rowcount={rows.length + 1}
        className="w-full border-separate border-spacing-0 text-table [overflow-anchor:none]"
      >
        <thead>
          <tr>
            {selection ? <SelectAllCell selection={selection} ids={ids} /> : null}
            {columns.map((column) => (
              <HeaderCell
                key={column.key}
                column={column}
                sort={props.sort}
                onSort={props.onSort}
                covered={props.covered ?? false}
              />
            ))}
          </tr>
        </thead>
        <tbody>
          {before > 0 ? <Gap height={before} span={span} /> : null}
          {items.map(({ key, index }) => {
            const row = rows[index];
            const id = ids[index];
            if (row === undefined || id === undefined) return null;
            return (
              <TableRow
                key={key}
                {...{ row, id, index, columns, keys }}
                measure={virtual.measureElement}
                open={selected === undefined ? undefined : selected === id}
                onOpen={onRowClick}
                selected={selection?.isSelected(id)}
                selectLabel={selection?.labelOf(row) ?? ""}
                stops={stopsAt === id}
              />
            );
          })}
          {after > 0 ? <Gap height={after} span={span} /> : null}
          {Array.from({ length: loadingRows }, (_, index) => (
            <tr key={index}>
              {selection ? <td className={cellLook} /> : null}
              {columns.map((column) => (
                <td key={column.key} className={cn(cellLook, column.className)}>
                  <Skeleton className="w-3/5" />
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

/** Rows came where they are not seen. */
function FreshPill({ count }: { count: number }) {
  const t = useTranslations("lists");
  return (
    <div role="status" className="pointer-events-none sticky top-22 z-20 flex h-0 justify-center">
      <Button
        size="small"
        className="pointer-events-auto rounded-full border-accent px-3 text-accent shadow-float"
        onClick={() => window.scrollTo({ top: 0 })}
      >
        <ArrowUp aria-hidden />
        {t("fresh", { count })}
      </Button>
    </div>
  );
}

function useRowsInSight<Row>(
  frame: { readonly current: HTMLTableElement | null },
  rows: readonly Row[],
  rowKey: (row: Row) => string,
  rowHeight: number,
) {
  const [scrollMargin, setScrollMargin] = useState(0);
  useLayoutEffect(() => {
    const measure = () => setScrollMargin((frame.current?.getBoundingClientRect().top ?? 0) + window.scrollY);
    // What stands above the table comes and goes.
    const observer = new ResizeObserver(measure);
    observer.observe(document.body);
    measure();
    return () => observer.disconnect();
  }, [frame]);
  return useWindowVirtualizer({
    count: rows.length,
    estimateSize: () => rowHeight,
    overscan,
    scrollMargin,
    getItemKey: (index) => {
      const row = rows[index];
      return row === undefined ? index : rowKey(row);
    },
  });
}

function Gap({ height, span }: { height: number; span: number }) {
  return (
    <tr aria-hidden>
      <td colSpan={span} style={{ height }} />
    </tr>
  );
}
