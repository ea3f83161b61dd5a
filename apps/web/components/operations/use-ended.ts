"use client";

import { useEffect, useRef } from "react";
import { type Scope, type ShownOperation, useOperations } from "./use-operations.ts";

const watched = 50;

/**
 * Calls back once for each operation that ends while the page is open: one that ran and runs no more, or one that was
 * begun and was over between two looks. What was over before the page came is none.
 */
export function useEnded(scope: Scope, onEnded: (ended: ShownOperation[]) => void): void {
  const { data } = useOperations(scope, { top: true }, { limit: watched });
  const items = data?.pages[0]?.items;
  const known = useRef<Map<string, boolean> | null>(null);
  const tell = useRef(onEnded);
  tell.current = onEnded;
  useEffect(() => {
    if (!items) return;
    const before = known.current;
    known.current = endsOf(items, before);
    if (before === null) return;
    const ended = items.filter(({ id, finishedAt }) => finishedAt !== null && before.get(id) !== true);
    const fresh = ended.filter(({ id, createdAt }) => before.has(id) || isNewer(createdAt, items, before));
    if (fresh.length > 0) tell.current(fresh);
  }, [items]);
}

/** Whether each is over; those that others have pushed off the page are kept in mind. */
function endsOf(items: ShownOperation[], before: Map<string, boolean> | null): Map<string, boolean> {
  return new Map(
    [...(before ?? []), ...items.map(({ id, finishedAt }) => [id, finishedAt !== null] as const)].slice(
      -watched * 4,
    ),
  );
}

/** An unknown row may also be an old one that came up because a newer one went away. */
function isNewer(createdAt: Date, items: ShownOperation[], before: Map<string, boolean>): boolean {
  const newestKnown = items.find(({ id }) => before.has(id));
  return !newestKnown || createdAt >= newestKnown.createdAt;
}
