"use client";

import { useInfiniteQuery, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import type { QuotaRequestRow } from "../../lib/rows.ts";
import { useTRPC } from "../../lib/trpc.ts";
import { useFailureToast } from "../../lib/use-failure-toast.ts";
import { paging, rowsOf } from "../list/pages.ts";

/** Enough to hold all that can wait at once: one for each resource. */
const recentLimit = 50;
const pageSize = 50;
const none: QuotaRequestRow[] = [];

/** The project's newest requests; they follow the stream. */
export function useRecentRequests(projectId: string): QuotaRequestRow[] {
  const trpc = useTRPC();
  const query = useQuery(trpc.quotaRequest.list.queryOptions({ projectId, limit: recentLimit }));
  return query.data?.items ?? none;
}

export function useQuotaRequests(projectId: string) {
  const trpc = useTRPC();
  const query = useInfiniteQuery(
    trpc.quotaRequest.list.infiniteQueryOptions({ projectId, limit: pageSize }, paging),
  );
  return { query, ...rowsOf(query) };
}

export function useWithdraw() {
  const trpc = useTRPC();
  const queries = useQueryClient();
  const fail = useFailureToast();
  return useMutation(
    trpc.quotaRequest.withdraw.mutationOptions({
      onError: fail,
      onSettled: () => queries.invalidateQueries({ queryKey: trpc.quotaRequest.pathKey() }),
    }),
  );
}
