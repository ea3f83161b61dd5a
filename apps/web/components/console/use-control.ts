"use client";

import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect } from "react";
import type { InstanceDetail } from "../../lib/rows.ts";
import { useTRPC } from "../../lib/trpc.ts";
import { useFailureToast } from "../../lib/use-failure-toast.ts";

export type ConsoleKind = "vnc" | "serial";

/** Who else has this console open, and whether it is this one whose input counts. The relay decides by the same rows. */
export function useControl(
  instance: InstanceDetail,
  kind: ConsoleKind,
  consoleId: string | null,
  up: boolean,
) {
  const trpc = useTRPC();
  const queries = useQueryClient();
  const fail = useFailureToast();
  const { projectId, id } = instance;
  const asked = trpc.instance.consoles.queryOptions({ projectId, id });
  const { data } = useQuery({ ...asked, enabled: up });
  const refresh = () => queries.invalidateQueries({ queryKey: trpc.instance.consoles.pathKey() });
  const change = useMutation(
    trpc.instance.controlConsole.mutationOptions({ onSuccess: refresh, onError: fail }),
  );
  // The stream tells of what comes later; this one's own opening may have been before the list was read.
  useEffect(() => {
    if (up) void queries.invalidateQueries({ queryKey: trpc.instance.consoles.pathKey() });
  }, [up, queries, trpc]);
  const open = (up && data?.filter((one) => one.kind === kind)) || [];
  const mine = open.find((one) => one.id === consoleId);
  return {
    /** Not known yet counts as yes: the relay judges anyway. */
    inControl: mine?.inControl ?? true,
    controller: open.find((one) => one.inControl) ?? null,
    others: open.filter((one) => one.id !== consoleId),
    give: (to: string | null) => change.mutate({ projectId, id, kind, to }),
    take: () => consoleId && change.mutate({ projectId, id, kind, to: consoleId }),
  };
}

export type Control = ReturnType<typeof useControl>;
