"use client";

import type { Virtualizer } from "@tanstack/react-virtual";
import { useLayoutEffect, useRef, useState } from "react";

/** What lies over the rows at the top of the window: the top bar and the table's header, px. */
const coveredPx = 80;

type Anchor = { id: string; offset: number };
type Before = { ids: readonly string[]; viewKey: string; anchor: Anchor | null; jumps: boolean };

type SteadyRows = {
  virtual: Virtualizer<Window, Element>;
  ids: readonly string[];
  /** Which rows were asked for and in which order: when it changes, others may take their place. */
  viewKey: string;
};

/**
 * Rows that come or go above what is read leave it where it is. Answers how many came there since the top was last seen.
 */
export function useSteadyRows({ virtual, ids, viewKey }: SteadyRows): number {
  const before = useRef<Before>({ ids, viewKey, anchor: null, jumps: false });
  const [fresh, setFresh] = useState(0);
  const scroll = virtual.scrollOffset ?? 0;
  const scrolled = scroll > virtual.options.scrollMargin;
  useLayoutEffect(() => {
    const last = before.current;
    const jumps = last.jumps || last.viewKey !== viewKey;
    const changed = last.ids !== ids;
    if (changed && !jumps && last.anchor && scrolled) {
      const added = keepInPlace(virtual, ids, last.ids, last.anchor);
      if (added > 0) setFresh((count) => count + added);
    }
    before.current = { ids, viewKey, jumps: jumps && !changed, anchor: anchorOf(virtual, ids) };
  });
  useLayoutEffect(() => {
    if (!scrolled) setFresh(0);
  }, [scrolled]);
  return fresh;
}

/** The first row that is in sight, and how far below the window's top it begins. */
function anchorOf(virtual: SteadyRows["virtual"], ids: readonly string[]): Anchor | null {
  const scroll = virtual.scrollOffset ?? 0;
  const first = virtual.getVirtualItems().find(({ end }) => end > scroll + coveredPx);
  const id = first ? ids[first.index] : undefined;
  return first && id !== undefined ? { id, offset: first.start - scroll } : null;
}

/** Scrolls by as much as the anchor has moved; answers how many rows before it are new. */
function keepInPlace(
  virtual: SteadyRows["virtual"],
  ids: readonly string[],
  known: readonly string[],
  anchor: Anchor,
): number {
  const index = ids.indexOf(anchor.id);
  const start = virtual.measurementsCache[index]?.start;
  if (start === undefined) return 0;
  const wanted = start - anchor.offset;
  if (Math.abs(wanted - (virtual.scrollOffset ?? 0)) >= 1) window.scrollTo({ top: wanted });
  const old = new Set(known);
  return ids.slice(0, index).filter((id) => !old.has(id)).length;
}
