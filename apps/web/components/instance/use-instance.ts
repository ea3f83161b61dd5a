"use client";

import { useQuery } from "@tanstack/react-query";
import { useTRPC } from "../../lib/trpc.ts";

const changingMs = 2_000;

/** One instance; while it changes its progress is also asked for, beside the stream. */
export function useInstance(projectId: string, id: string) {
  const trpc = useTRPC();
  return useQuery(
    trpc.instance.get.queryOptions(
      { projectId, id },
      { refetchInterval: ({ state }) => (state.data?.taskState ? changingMs : false) },
    ),
  );
}
