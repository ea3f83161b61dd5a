"use client";

import { keepPreviousData, useInfiniteQuery } from "@tanstack/react-query";
import { useTRPC } from "../../lib/trpc.ts";

export type PortFilter = { text?: string; networkId?: string; instanceId?: string };

const pageSize = 50;
/** The driver tells of its work by rows alone: who waits for it looks again. */
const buildingMs = 3_000;

export function usePorts(projectId: string, filter: PortFilter, sort: string) {
  const trpc = useTRPC();
  const query = useInfiniteQuery(
    trpc.port.list.infiniteQueryOptions(
      { projectId, filter, sort, limit: pageSize },
      {
        getNextPageParam: (page) => page.nextCursor ?? undefined,
        placeholderData: keepPreviousData,
        refetchInterval: ({ state }) => {
          const rows = state.data?.pages.flatMap((page) => page.items) ?? [];
          const waits = rows.some(
            ({ status, owner }) => status === "BUILD" || (status === "DOWN" && owner === "instance"),
          );
          return waits ? buildingMs : false;
        },
      },
    ),
  );
  const pages = query.data?.pages ?? [];
  return { query, rows: pages.flatMap((page) => page.items), total: pages[0]?.total ?? 0 };
}
