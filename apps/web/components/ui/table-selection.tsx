"use client";

import { type KeyboardEvent, useCallback, useMemo, useRef, useState } from "react";
import { between } from "../list/selection.ts";
import { cn } from "./class-names.ts";
import { headerLook } from "./table-header.tsx";

/** How the rows of a table are selected; ids are the rows' keys. */
export type RowSelection<Row> = {
  isSelected: (id: string) => boolean;
  /** Of the rows that are loaded. */
  header: "none" | "some" | "all";
  headerLabel: string;
  labelOf: (row: Row) => string;
  select: (ids: readonly string[], selected: boolean) => void;
  clear: () => void;
};

export type RowKeys = {
  onSelect: (id: string, selected: boolean, range: boolean) => void;
  onKey: (id: string, event: KeyboardEvent<HTMLElement>) => void;
};

const steps: Readonly<Record<string, number>> = { ArrowDown: 1, ArrowUp: -1 };

type Selecting<Row> = {
  selection: RowSelection<Row> | undefined;
  ids: readonly string[];
  /** Moves the focus to the box of a row. */
  focusRow: (index: number) => void;
  onOpen: (id: string) => void;
};

/** Ranges by Shift from the box last used, arrows from row to row, Enter to open. `stop` is the one box that Tab stops at. */
export function useRowKeys<Row>(props: Selecting<Row>): { stop: string | null; keys: RowKeys } {
  const latest = useRef(props);
  latest.current = props;
  const anchor = useRef<string | null>(null);
  const [stop, setStop] = useState<string | null>(null);
  const onSelect = useCallback((id: string, selected: boolean, range: boolean) => {
    const { selection, ids } = latest.current;
    selection?.select(range ? between(ids, anchor.current, id) : [id], selected);
    anchor.current = id;
    setStop(id);
  }, []);
  const onKey = useCallback((id: string, event: KeyboardEvent<HTMLElement>) => {
    const { selection, ids, focusRow, onOpen } = latest.current;
    if (event.key === "Enter") return onOpen(id);
    const step = steps[event.key];
    const index = ids.indexOf(id) + (step ?? 0);
    const next = ids[index];
    if (step === undefined || next === undefined) return;
    event.preventDefault();
    if (event.shiftKey) selection?.select(between(ids, anchor.current ?? id, next), true);
    else anchor.current = next;
    setStop(next);
    focusRow(index);
  }, []);
  return { stop, keys: useMemo(() => ({ onSelect, onKey }), [onSelect, onKey]) };
}

const cellLook = "w-9 min-w-9 pr-0 text-left";
const boxLook = "absolute inset-0 flex items-center pl-3 select-none";

type SelectCellProps = {
  id: string;
  index: number;
  label: string;
  selected: boolean;
  stops: boolean;
  keys: RowKeys;
  className: string;
};

export function SelectCell({ id, index, label, selected, stops, keys, className }: SelectCellProps) {
  return (
    <td className={cn(className, cellLook, "relative")}>
      <label className={boxLook}>
        <input
          type="checkbox"
          data-row-box={index}
          data-row={id}
          aria-label={label}
          tabIndex={stops ? 0 : -1}
          checked={selected}
          onChange={({ target, nativeEvent }) =>
            keys.onSelect(id, target.checked, nativeEvent instanceof MouseEvent && nativeEvent.shiftKey)
          }
          onKeyDown={(event) => keys.onKey(id, event)}
          className="size-4 scroll-my-24 accent-accent"
        />
      </label>
    </td>
  );
}

export function SelectAllCell<Row>({
  selection,
  ids,
}: {
  selection: RowSelection<Row>;
  ids: readonly string[];
}) {
  const { header, headerLabel, select, clear } = selection;
  return (
    <th scope="col" className={cn(headerLook, cellLook, header !== "none" && "bg-accent-soft")}>
      <label className={boxLook}>
        <input
          type="checkbox"
          aria-label={headerLabel}
          checked={header === "all"}
          ref={(box) => {
            if (box) box.indeterminate = header === "some";
          }}
          onChange={() => (header === "all" ? clear() : select(ids, true))}
          className="size-4 accent-accent"
        />
      </label>
    </th>
  );
}
