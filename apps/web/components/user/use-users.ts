"use client";

import { keepPreviousData, useInfiniteQuery } from "@tanstack/react-query";
import { useTRPC } from "../../lib/trpc.ts";

export type UserFilter = {
  text?: string;
  state?: "enabled" | "disabled";
  groupId?: string;
};
const pageSize = 100;

/** Users of the cloud, page by page. */
export function useUsers(filter: UserFilter, sort: string, limit = pageSize) {
  const trpc = useTRPC();
  const query = useInfiniteQuery(
    trpc.admin.user.list.infiniteQueryOptions(
      { filter, sort, limit },
      { getNextPageParam: (page) => page.nextCursor ?? undefined, placeholderData: keepPreviousData },
    ),
  );
  const pages = query.data?.pages ?? [];
  const rows = pages.flatMap((page) => page.items);
  return { query, rows, total: pages[0]?.total ?? 0, exact: pages[0]?.totalIsExact ?? true };
}
