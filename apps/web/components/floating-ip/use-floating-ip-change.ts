"use client";

import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { type Failure, failureOf } from "../../lib/failure.ts";
import { useTRPC } from "../../lib/trpc.ts";

/** What every change of a floating IP does afterwards: say it or what stands in the way, and look again. */
export function useFloatingIpChange(onDone: () => void) {
  const trpc = useTRPC();
  const queries = useQueryClient();
  const [failure, setFailure] = useState<Failure | null>(null);
  const options = {
    onMutate: () => setFailure(null),
    onSuccess: () => onDone(),
    onError: (thrown: unknown) => setFailure(failureOf(thrown)),
    onSettled: () => {
      for (const queryKey of [
        ...[trpc.floatingIp.pathKey(), trpc.project.quota.pathKey(), trpc.router.pathKey()],
        ...[trpc.port.pathKey(), trpc.instance.pathKey()],
      ])
        void queries.invalidateQueries({ queryKey });
    },
  };
  return { failure, options };
}
