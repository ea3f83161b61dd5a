"use client";

import { useSearchParams } from "next/navigation";
import { type QueryChange, useQueryChange } from "../../lib/use-query-state.ts";

const fields = [
  "actor",
  "resourceKind",
  "result",
  "from",
  "to",
  "resourceId",
  "requestId",
  "operationId",
] as const;
export type ActivityField = (typeof fields)[number];
export type ActivityFilter = Partial<Record<ActivityField, string>>;

/** The filter stands in the address alone, so what one looks at can be sent to somebody. */
export function useActivityFilter(): { filter: ActivityFilter; set: (change: QueryChange) => void } {
  const params = useSearchParams();
  const filter: ActivityFilter = {};
  for (const field of fields) {
    const value = params.get(field);
    if (value) filter[field] = value;
  }
  return { filter, set: useQueryChange() };
}
