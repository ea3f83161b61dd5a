"use client";

import { useInfiniteQuery } from "@tanstack/react-query";
import { useTRPC } from "../../lib/trpc.ts";
import { pageSize, paging } from "../list/pages.ts";

export type InstanceFilter = { text?: string; status?: string[] };

const changingMs = 5_000;

type Pages = { pages: readonly { items: readonly { taskState: string | null }[] }[] };

/** Rows follow the stream; as its hints may be lost, a changing row is asked for too, while nobody has scrolled on. */
export function whileChanging({ state }: { state: { data?: Pages | undefined } }): number | false {
  const pages = state.data?.pages ?? [];
  const changing = pages.some(({ items }) => items.some(({ taskState }) => taskState !== null));
  return pages.length === 1 && changing ? changingMs : false;
}

/** Instances of a project, page by page. */
export function useInstances(projectId: string, filter: InstanceFilter, sort: string) {
  const trpc = useTRPC();
  return useInfiniteQuery({
    ...trpc.instance.list.infiniteQueryOptions({ projectId, filter, sort, limit: pageSize }, paging),
    refetchInterval: whileChanging,
  });
}
