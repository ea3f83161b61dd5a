"use client";

import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useSubscription } from "@trpc/tanstack-react-query";
import { useEffect } from "react";
import { useTRPC } from "../../lib/trpc.ts";
import { usePermission } from "../../lib/use-permission.ts";

/** Should no stream tell of it, ms. */
const pollMs = 60_000;
const retryMs = 5_000;

/** How many quota requests of all projects wait; 0 for those who don't decide them. */
export function useWaitingRequests(): number {
  const trpc = useTRPC();
  const enabled = usePermission("quota:review", null);
  const filter = { state: ["pending" as const] };
  const options = trpc.admin.quotaRequest.list.queryOptions({ filter, limit: 1 });
  return useQuery({ ...options, enabled, refetchInterval: pollMs }).data?.total ?? 0;
}

/** For pages whose own stream is of one project: hears of requests of all of them. */
export function useRequestStream(): void {
  const trpc = useTRPC();
  const queries = useQueryClient();
  const options = trpc.admin.quotaRequest.stream.subscriptionOptions(
    {},
    {
      onData: ({ data }) => {
        if (data.type === "events" && data.resources.length === 0) return;
        void queries.invalidateQueries({ queryKey: trpc.admin.quotaRequest.pathKey() });
      },
    },
  );
  const { status, reset } = useSubscription(options);
  useEffect(() => {
    if (status !== "error") return;
    const timer = setTimeout(reset, retryMs);
    return () => clearTimeout(timer);
  }, [status, reset]);
}
