"use client";

import { useEffect, useRef } from "react";
import { endedSince, type Seen, seenNow } from "./ended.ts";
import { type Scope, type ShownOperation, useOperations } from "./use-operations.ts";

const watched = 50;

/** Calls back once for each of the newest operations that ends while the page is open. */
export function useEnded(scope: Scope, onEnded: (ended: ShownOperation[]) => void): void {
  const { data } = useOperations(scope, { top: true }, { limit: watched });
  const items = data?.pages[0]?.items;
  const seen = useRef<Seen | null>(null);
  const tell = useRef(onEnded);
  tell.current = onEnded;
  useEffect(() => {
    if (!items) return;
    const ended = endedSince(items, seen.current);
    seen.current = seenNow(items, seen.current);
    if (ended.length > 0) tell.current(ended);
  }, [items]);
}
