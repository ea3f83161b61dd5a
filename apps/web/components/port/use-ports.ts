"use client";

import { useInfiniteQuery } from "@tanstack/react-query";
import type { PortRow } from "../../lib/rows.ts";
import { useTRPC } from "../../lib/trpc.ts";
import { pageSize, paging, whileAny } from "../list/pages.ts";

export type PortFilter = { text?: string; networkId?: string; instanceId?: string };

const waits = ({ status, owner }: PortRow) =>
  status === "BUILD" || (status === "DOWN" && owner === "instance");

export function usePorts(projectId: string, filter: PortFilter, sort: string) {
  const trpc = useTRPC();
  return useInfiniteQuery({
    ...trpc.port.list.infiniteQueryOptions({ projectId, filter, sort, limit: pageSize }, paging),
    refetchInterval: whileAny<PortRow>(waits),
  });
}
