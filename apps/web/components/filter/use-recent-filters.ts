"use client";

import { useCallback, useState } from "react";
import { z } from "zod";
import { readStored, writeStored } from "../../lib/stored.ts";
import { useMe } from "../../lib/use-me.ts";

const kept = 6;
const stored = z.array(z.string().max(1_000)).max(kept);

/** A person's last filters of a list, the latest first; kept in this browser. */
export function useRecentFilters(list: string) {
  const key = `madang.filters.${list}.${useMe().user.id}`;
  const [recent, setRecent] = useState<readonly string[]>(() => readStored(key, stored) ?? []);
  const keep = useCallback(
    (text: string) =>
      setRecent((before) => {
        const next = [text, ...before.filter((one) => one !== text)].slice(0, kept);
        writeStored(key, next);
        return next;
      }),
    [key],
  );
  return { recent, keep };
}
