"use client";

import { usePathname, useSearchParams } from "next/navigation";
import { useCallback } from "react";

export type QueryChange = Readonly<Record<string, string | null>>;

/** Writes parts of the address's query, so that what is seen can be linked to; null takes one out. */
export function useQueryChange(): (change: QueryChange) => void {
  const path = usePathname();
  return useCallback(
    (change) => {
      const next = new URLSearchParams(location.search);
      for (const [name, value] of Object.entries(change)) {
        if (value === null || value === "") next.delete(name);
        else next.set(name, value);
      }
      const query = next.toString();
      // Next follows the history API, and asks the server for nothing.
      window.history.replaceState(null, "", query ? `${path}?${query}` : path);
    },
    [path],
  );
}

/** One part of the address's query. */
export function useQueryState(name: string): [string | null, (value: string | null) => void] {
  const params = useSearchParams();
  const change = useQueryChange();
  const set = useCallback((value: string | null) => change({ [name]: value }), [name, change]);
  return [params.get(name), set];
}
