"use client";

import { useQuery } from "@tanstack/react-query";
import { useTRPC } from "../../lib/trpc.ts";

const refreshMs = 60_000;
/** The API answers for as many at once. */
const most = 500;

/** CPU of the last hour, of the instances that a list shows. */
export function useSparklines(projectId: string, ids: readonly string[]) {
  const trpc = useTRPC();
  const wanted = ids.slice(0, most).toSorted();
  const options = { refetchInterval: refreshMs, enabled: wanted.length > 0, placeholderData: keep };
  const { data } = useQuery(trpc.instance.sparklines.queryOptions({ projectId, ids: wanted }, options));
  return data;
}

const keep = <T>(before: T | undefined): T | undefined => before;
