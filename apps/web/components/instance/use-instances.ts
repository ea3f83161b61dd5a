"use client";

import { keepPreviousData, useInfiniteQuery } from "@tanstack/react-query";
import type { InstanceRow } from "../../lib/rows.ts";
import { useTRPC } from "../../lib/trpc.ts";

export type InstanceFilter = { text: string; status: string[]; sort: string };

const pageSize = 100;
const changingMs = 5_000;

function anyChanging(rows: readonly InstanceRow[]): boolean {
  return rows.some((row) => row.taskState !== null);
}

/** Instances page by page. Rows follow the stream; as its hints may be lost, a changing row is also asked for. */
export function useInstances(projectId: string, filter: InstanceFilter) {
  const trpc = useTRPC();
  const wanted = {
    ...(filter.text ? { text: filter.text } : {}),
    ...(filter.status.length > 0 ? { status: filter.status } : {}),
  };
  const query = useInfiniteQuery(
    trpc.instance.list.infiniteQueryOptions(
      { projectId, filter: wanted, sort: filter.sort, limit: pageSize },
      {
        getNextPageParam: (page) => page.nextCursor ?? undefined,
        placeholderData: keepPreviousData,
        refetchInterval: ({ state }) => {
          const pages = state.data?.pages ?? [];
          return pages.length === 1 && anyChanging(pages.flatMap((page) => page.items)) ? changingMs : false;
        },
      },
    ),
  );
  const pages = query.data?.pages ?? [];
  const rows = pages.flatMap((page) => page.items);
  return { query, rows, total: pages[0]?.total ?? 0, totalIsExact: pages[0]?.totalIsExact ?? true };
}
