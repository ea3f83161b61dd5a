"use client";

import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import type { AnyOperationRow, OperationRow } from "../../lib/rows.ts";
import { useTRPC, useTRPCClient } from "../../lib/trpc.ts";
import { useMe } from "../../lib/use-me.ts";

/** Of one project, or null: of the whole cloud. */
export type Scope = string | null;
export type ShownOperation = OperationRow & { projectId: string | null; projectName: string | null };
export type OperationFilter = {
  actorId?: string;
  kind?: string;
  state?: ShownOperation["state"][];
  active?: boolean;
  parentId?: string;
  resourceId?: string;
  endedSince?: string;
  top?: boolean;
};
type Follow = { limit?: number; enabled?: boolean; everyMs?: number | false };

const pageRows = 25;
/** Percent and steps go on without an event of the trail, ms. */
export const workingMs = 2_000;
/** The whole cloud's events would have the list read anew all the time, ms. */
const cloudMs = 5_000;

function withProject(row: OperationRow | AnyOperationRow, scope: Scope): ShownOperation {
  if ("projectName" in row) return row;
  return { ...row, projectId: scope, projectName: null };
}

/** Lists below this key are read anew when the stream tells of anything; the cloud's look again by themselves. */
function useKey(scope: Scope): readonly unknown[] {
  const trpc = useTRPC();
  return scope === null ? trpc.admin.operation.list.pathKey() : trpc.operation.list.pathKey();
}

/** Newest first, page by page. */
export function useOperations(scope: Scope, filter: OperationFilter, follow: Follow = {}) {
  const client = useTRPCClient();
  const { limit = pageRows, enabled = true, everyMs = false } = follow;
  const rest = scope === null ? cloudMs : false;
  return useInfiniteQuery({
    queryKey: [...useKey(scope), { drawer: scope, filter, limit }],
    queryFn: async ({ pageParam, signal }) => {
      const page = { filter, limit, cursor: pageParam };
      const found =
        scope === null
          ? await client.admin.operation.list.query(page, { signal })
          : await client.operation.list.query({ projectId: scope, ...page }, { signal });
      return { ...found, items: found.items.map((row) => withProject(row, scope)) };
    },
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.nextCursor ?? undefined,
    enabled,
    // Who has scrolled on is not disturbed, and many pages are not asked for again and again.
    refetchInterval: ({ state }) => ((state.data?.pages.length ?? 0) <= 1 ? everyMs || rest : false),
  });
}

/** How many there are. */
export function useOperationCount(scope: Scope, filter: OperationFilter, enabled = true): number {
  return useOperations(scope, filter, { limit: 1, enabled }).data?.pages[0]?.total ?? 0;
}

/** One by its id, followed while it isn't over. */
export function useOperation(scope: Scope, operationId: string) {
  const client = useTRPCClient();
  const { projects } = useMe();
  return useQuery({
    queryKey: [...useKey(scope), { operation: operationId }],
    queryFn: async ({ signal }) => {
      if (scope !== null) {
        const found = await client.operation.get.query({ projectId: scope, operationId }, { signal });
        return {
          ...found,
          projectId: scope,
          projectName: projects.find(({ id }) => id === scope)?.name ?? null,
        };
      }
      return await client.admin.operation.get.query({ operationId }, { signal });
    },
    refetchInterval: ({ state }) => (state.data && state.data.finishedAt === null ? workingMs : false),
  });
}
