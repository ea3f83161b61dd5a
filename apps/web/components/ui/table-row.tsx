"use client";

import { useCallback, useMemo, useRef } from "react";
import { cn } from "./class-names.ts";
import type { Column } from "./data-table.tsx";
import { useFadeChanged } from "./fade-changed.ts";
import { type RowKeys, SelectCell } from "./table-selection.tsx";

export const cellLook = "h-9 border-b px-2 py-1 align-middle first:pl-3 last:pr-3";

type TableRowProps<Row> = {
  row: Row;
  id: string;
  index: number;
  columns: readonly Column<Row>[];
  measure: (element: HTMLTableRowElement | null) => void;
  /** Shown beside the list; undefined where the list shows none so. */
  open?: boolean | undefined;
  onOpen?: ((row: Row) => void) | undefined;
  /** Undefined where rows can't be selected. */
  selected?: boolean | undefined;
  selectLabel: string;
  stops: boolean;
  keys: RowKeys;
};

/** Drawn anew only when something of the row changed: scrolling and selecting leave the others alone. */
export function TableRow<Row>(props: TableRowProps<Row>) {
  const { row, id, index, columns, measure, open, onOpen, selected, selectLabel, stops, keys } = props;
  const element = useRef<HTMLTableRowElement>(null);
  useFadeChanged(element, row);
  // The same function each time: another would make React take the row off and put it on again.
  const mount = useCallback(
    (mounted: HTMLTableRowElement | null) => {
      element.current = mounted;
      measure(mounted);
    },
    [measure],
  );
  return useMemo(
    () => (
      <tr
        ref={mount}
        data-index={index}
        aria-rowindex={index + 2}
        aria-selected={selected ?? open}
        aria-current={selected !== undefined && open ? "true" : undefined}
        onClick={onOpen ? (event) => clickedRow(event.target) && onOpen(row) : undefined}
        className={cn(
          "group",
          onOpen && "cursor-pointer",
          open || selected ? "bg-accent-soft" : "hover:bg-sunken dark:hover:bg-surface",
        )}
      >
        {selected === undefined ? null : (
          <SelectCell {...{ id, index, selected, stops, keys }} label={selectLabel} className={cellLook} />
        )}
        {columns.map((column) => (
          <td key={column.key} className={cn(cellLook, column.className)}>
            {column.cell(row)}
          </td>
        ))}
      </tr>
    ),
    [row, id, index, columns, mount, open, onOpen, selected, selectLabel, stops, keys],
  );
}

/** A click on something that acts by itself is not a click on the row, nor is one that ends a selection of text. */
function clickedRow(target: EventTarget): boolean {
  if (!(target instanceof Element) || !window.getSelection()?.isCollapsed) return false;
  return target.closest("a, button, input, label, [role=menuitem]") === null;
}
