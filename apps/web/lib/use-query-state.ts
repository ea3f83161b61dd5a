"use client";

import { usePathname, useSearchParams } from "next/navigation";
import { useCallback } from "react";

/** One part of the address's query, so that what is seen can be linked to; null takes it out. */
export function useQueryState(name: string): [string | null, (value: string | null) => void] {
  const params = useSearchParams();
  const path = usePathname();
  const set = useCallback(
    (value: string | null) => {
      const next = new URLSearchParams(location.search);
      if (value === null || value === "") next.delete(name);
      else next.set(name, value);
      const query = next.toString();
      // Next follows the history API, and asks the server for nothing.
      window.history.replaceState(null, "", query ? `${path}?${query}` : path);
    },
    [name, path],
  );
  return [params.get(name), set];
}
