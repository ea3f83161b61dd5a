"use client";

import { usePathname } from "next/navigation";
import { useCallback, useState } from "react";
import { readStored, writeStored } from "../../lib/stored.ts";
import { useMe } from "../../lib/use-me.ts";
import { type SavedView, savedViews } from "./saved-views.ts";

/** A person's views of a list, in whichever project, and how one is shown. */
export function useSavedViews(list: string) {
  const path = usePathname();
  const key = `madang.views.${list}.${useMe().user.id}`;
  const [views, keep] = useState<readonly SavedView[]>(() => readStored(key, savedViews) ?? []);
  const setViews = useCallback(
    (next: readonly SavedView[]) => {
      keep(next);
      writeStored(key, next.length > 0 ? next : null);
    },
    [key],
  );
  // Next follows the history API, and asks the server for nothing.
  const show = useCallback((query: string) => window.history.pushState(null, "", `${path}?${query}`), [path]);
  return { views, setViews, show };
}
