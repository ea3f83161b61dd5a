"use client";

import type { ValueSource } from "@madang/core/filter/field";
import { wordFilter } from "@madang/core/filter/print";
import { useQuery } from "@tanstack/react-query";
import { useParams } from "next/navigation";
import { useTRPCClient } from "../../lib/trpc.ts";
import { shownSuggestions } from "./suggest.ts";

type Client = ReturnType<typeof useTRPCClient>;
type Ask = { filter: { text?: string }; limit: number };
type Found = Promise<{ items: readonly { name: string }[] }>;

const sources: Readonly<Record<ValueSource, (client: Client, projectId: string, ask: Ask) => Found>> = {
  image: (client, projectId, ask) => client.image.list.query({ projectId, ...ask }),
  flavor: (client, projectId, ask) => client.flavor.list.query({ projectId, ...ask }),
  network: (client, projectId, ask) => client.network.list.query({ projectId, ...ask }),
  volumeType: (client, projectId, ask) => client.volumeType.list.query({ projectId, ...ask }),
  securityGroup: (client, projectId, ask) => client.securityGroup.list.query({ projectId, ...ask }),
  router: (client, projectId, ask) => client.router.list.query({ projectId, ...ask }),
  member: (client, projectId, ask) => client.member.list.query({ projectId, ...ask }),
  zone: (client, _projectId, ask) => client.zone.list.query(ask),
  keyPair: (client, _projectId, { limit }) => client.keyPair.list.query({ limit }),
  project: (client, _projectId, ask) => client.admin.project.list.query(ask),
  user: (client, _projectId, ask) => client.admin.user.list.query(ask),
  hypervisor: (client, _projectId, { limit }) => client.admin.hypervisor.list.query({ limit }),
};

const freshMs = 30_000;

/** The names that a field's value can begin with, a few of them, by the lists that the person may read anyway. */
export function useFieldValues(source: ValueSource | null, part: string): readonly string[] {
  const client = useTRPCClient();
  const { project = "" } = useParams<{ project?: string }>();
  const text = part.replace(/^"/, "").trim();
  const { data } = useQuery({
    queryKey: ["filterValues", source, project, text],
    queryFn: async () => {
      if (source === null) return [];
      const filter = text ? { text: wordFilter(text) } : {};
      const { items } = await sources[source](client, project, { filter, limit: shownSuggestions });
      return [...new Set(items.map(({ name }) => name))];
    },
    enabled: source !== null,
    staleTime: freshMs,
    retry: false,
    placeholderData: (before) => before,
  });
  return source === null ? [] : (data ?? []);
}
