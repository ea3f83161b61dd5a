"use client";

import { useQuery } from "@tanstack/react-query";
import type { VolumeTypeChoice } from "../../lib/rows.ts";
import { useTRPC } from "../../lib/trpc.ts";

/** The API's largest page: more than this can't be chosen from in one form. */
export const choiceLimit = 500;

/** The types that members may choose, by name, and the one of a volume that names none. */
export function useVolumeTypes(projectId: string): {
  types: VolumeTypeChoice[];
  usual: VolumeTypeChoice | null;
} {
  const trpc = useTRPC();
  const query = useQuery(trpc.volumeType.list.queryOptions({ projectId, sort: "name", limit: choiceLimit }));
  const types = query.data?.items ?? [];
  return { types, usual: types.find(({ isDefault }) => isDefault) ?? null };
}
