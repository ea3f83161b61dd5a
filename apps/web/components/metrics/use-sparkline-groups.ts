"use client";

import { useMemo } from "react";

/** A list's page. */
const groupSize = 100;

/** Neighbours in a list, whose lines are asked for together. */
export function useSparklineGroups(rows: readonly { id: string }[]): (id: string) => readonly string[] {
  return useMemo(() => {
    const groups = new Map<string, readonly string[]>();
    for (let at = 0; at < rows.length; at += groupSize) {
      const group = rows.slice(at, at + groupSize).map(({ id }) => id);
      for (const id of group) groups.set(id, group);
    }
    return (id) => groups.get(id) ?? [];
  }, [rows]);
}
