"use client";

import { useQuery } from "@tanstack/react-query";
import type { Me } from "../../lib/rows.ts";
import { useTRPC } from "../../lib/trpc.ts";

/**
 * The project's name; null when there is none, undefined as long as that is not known. An administrator is told of the
 * first thousand at his sign-in, and may be in another.
 */
export function useProjectName(me: Me, projectId: string | null): string | null | undefined {
  const trpc = useTRPC();
  const known = me.projects.find(({ id }) => id === projectId);
  const asks = projectId !== null && !known && me.isAdmin;
  const query = useQuery({
    ...trpc.project.get.queryOptions({ projectId: projectId ?? "" }),
    enabled: asks,
    retry: false,
  });
  if (known) return known.name;
  if (!asks || query.isError) return null;
  return query.data?.name;
}
