"use client";

import { keepPreviousData, useInfiniteQuery } from "@tanstack/react-query";
import { useTRPC } from "../../lib/trpc.ts";

const pageSize = 100;
/** The driver tells of its work by rows alone: who waits for it looks again. */
export const buildingMs = 3_000;

export function useNetworks(projectId: string, text: string, sort: string) {
  const trpc = useTRPC();
  const query = useInfiniteQuery(
    trpc.network.list.infiniteQueryOptions(
      { projectId, filter: text ? { text } : {}, sort, limit: pageSize },
      {
        getNextPageParam: (page) => page.nextCursor ?? undefined,
        placeholderData: keepPreviousData,
        refetchInterval: ({ state }) => {
          const rows = state.data?.pages.flatMap((page) => page.items) ?? [];
          return rows.some(({ status }) => status === "BUILD") ? buildingMs : false;
        },
      },
    ),
  );
  const pages = query.data?.pages ?? [];
  return { query, rows: pages.flatMap((page) => page.items), total: pages[0]?.total ?? 0 };
}
