"use client";

import { useQueryClient } from "@tanstack/react-query";
import { useCallback, useState } from "react";
import { type Failure, failureOf } from "../../lib/failure.ts";
import { useTRPC } from "../../lib/trpc.ts";

/** Looks again at whatever shows images. */
export function useImagesChanged(): () => void {
  const trpc = useTRPC();
  const queries = useQueryClient();
  return useCallback(() => {
    for (const queryKey of [trpc.image.pathKey(), trpc.admin.image.pathKey(), trpc.project.quota.pathKey()])
      void queries.invalidateQueries({ queryKey });
  }, [trpc, queries]);
}

/** What every change of an image does afterwards: say it or what stands in the way, and look again. */
export function useImageChange(onDone: () => void) {
  const changed = useImagesChanged();
  const [failure, setFailure] = useState<Failure | null>(null);
  const options = {
    onMutate: () => setFailure(null),
    onSuccess: () => onDone(),
    onError: (thrown: unknown) => setFailure(failureOf(thrown)),
    onSettled: changed,
  };
  return { failure, options };
}
