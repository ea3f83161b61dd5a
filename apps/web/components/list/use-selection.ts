"use client";

import { useCallback, useEffect, useMemo, useState } from "react";
import {
  countOf,
  headerState,
  nothingSelected,
  type Selection,
  selectedTest,
  withoutGone,
  withRows,
} from "./selection.ts";

type Selectable<Filter> = {
  filter: Filter;
  /** Of the rows that are loaded, in the order shown. */
  ids: readonly string[];
  /** They are all that match. */
  whole: boolean;
  total: number;
};

/**
 * What of a list is selected. It stays while rows change and are sorted anew; another filter begins anew, so that nothing out
 * of sight is ever acted upon.
 */
export function useSelection<Filter>({ filter, ids, whole, total }: Selectable<Filter>) {
  const key = JSON.stringify(filter);
  const [kept, setKept] = useState<{ key: string; selection: Selection<Filter> }>({
    key,
    selection: nothingSelected,
  });
  const selection = useMemo<Selection<Filter>>(() => {
    if (kept.key !== key) return nothingSelected;
    if (kept.selection.kind === "matching") return { ...kept.selection, total };
    return whole ? withoutGone(kept.selection, ids) : kept.selection;
  }, [kept, key, whole, ids, total]);
  const select = useCallback(
    (rows: readonly string[], selected: boolean) =>
      setKept((last) => ({
        key,
        selection: withRows(last.key === key ? last.selection : nothingSelected, rows, selected),
      })),
    [key],
  );
  const clear = useCallback(() => setKept({ key, selection: nothingSelected }), [key]);
  const all = () => setKept({ key, selection: { kind: "matching", filter, except: [], total } });
  const count = countOf(selection);
  useEscape(count > 0, clear);
  const isSelected = useMemo(() => selectedTest(selection), [selection]);
  const header = useMemo(() => headerState(selection, ids), [selection, ids]);
  return { selection, count, isSelected, header, select, clear, all };
}

/** What lies above closes first; the filter's suggestions are always there, and keep Escape to themselves. */
const keepsEscape = "[role=dialog], [role=alertdialog], [role=menu]";

/** Before whatever else closes by Escape, unless that has the focus or lies above. */
function useEscape(some: boolean, clear: () => void): void {
  useEffect(() => {
    if (!some) return;
    const onKey = (event: KeyboardEvent) => {
      if (event.key !== "Escape" || event.defaultPrevented || document.querySelector(keepsEscape)) return;
      const { target } = event;
      if (target instanceof Element && target.closest("aside, input:not([type=checkbox]), textarea")) return;
      event.preventDefault();
      clear();
    };
    window.addEventListener("keydown", onKey, true);
    return () => window.removeEventListener("keydown", onKey, true);
  }, [some, clear]);
}
