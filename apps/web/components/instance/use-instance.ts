"use client";

import { useQuery } from "@tanstack/react-query";
import { useTRPC } from "../../lib/trpc.ts";

const changingMs = 5_000;

/** One instance. It follows the stream; as its hints may be lost, one that changes is also asked for. */
export function useInstance(projectId: string, id: string) {
  const trpc = useTRPC();
  return useQuery(
    trpc.instance.get.queryOptions(
      { projectId, id },
      { refetchInterval: ({ state }) => (state.data?.taskState ? changingMs : false) },
    ),
  );
}
