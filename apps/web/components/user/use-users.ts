"use client";

import { useInfiniteQuery } from "@tanstack/react-query";
import { useTRPC } from "../../lib/trpc.ts";
import { pageSize, paging } from "../list/pages.ts";

export type UserFilter = {
  text?: string;
  state?: "enabled" | "disabled";
  groupId?: string;
};

/** Users of the cloud, page by page. */
export function useUsers(filter: UserFilter, sort: string, limit = pageSize) {
  const trpc = useTRPC();
  return useInfiniteQuery(trpc.admin.user.list.infiniteQueryOptions({ filter, sort, limit }, paging));
}
