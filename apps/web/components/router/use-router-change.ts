"use client";

import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { type Failure, failureOf } from "../../lib/failure.ts";
import { useTRPC } from "../../lib/trpc.ts";

/** What every change of a router does afterwards: close its dialog or say what stands in the way, and look again. */
export function useRouterChange(onClose: () => void) {
  const trpc = useTRPC();
  const queries = useQueryClient();
  const [failure, setFailure] = useState<Failure | null>(null);
  const options = {
    onMutate: () => setFailure(null),
    onSuccess: () => onClose(),
    onError: (thrown: unknown) => setFailure(failureOf(thrown)),
    onSettled: () => {
      for (const queryKey of [trpc.router.pathKey(), trpc.project.quota.pathKey(), trpc.port.pathKey()])
        void queries.invalidateQueries({ queryKey });
    },
  };
  return { failure, options };
}
