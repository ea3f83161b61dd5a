"use client";

import { type InfiniteData, type QueryClient, useQueryClient } from "@tanstack/react-query";
import { useCallback, useEffect, useRef } from "react";
import type { InstanceRow } from "./rows.ts";
import { useTRPC, useTRPCClient } from "./trpc.ts";

/** What a project's network is made of, and what hangs on it. */
const networkKinds = new Set([
  "network",
  "subnet",
  "port",
  "router",
  "floating_ip",
  "security_group",
  "instance",
]);
/** What volumes are made of, and what has them. */
const volumeKinds = new Set(["volume", "volume_snapshot", "volume_type", "instance"]);
/** What changes how much is in use, or how much is allowed. */
const countedKinds = new Set([
  "instance",
  "image",
  "key_pair",
  "quota",
  "quota_request",
  "project",
  "volume",
]);

type Changed = { kind: string; id: string };
type Pages = InfiniteData<{ items: InstanceRow[] }>;

/** The first change is shown at once, those that follow so soon after it together, ms. */
const gatherMs = 150;
/** Parts of `admin` that look again by themselves: every event of the cloud would have them read anew. */
const calm: readonly unknown[] = ["audit", "operation", "system"];
/** Beyond this many at once asking for the list again is cheaper than for each. */
const patchLimit = 50;

/** Replaces the rows that changed in a cached list and drops those that are gone; says whether any row is unknown. */
function patched(data: Pages, ids: ReadonlySet<string>, rows: ReadonlyMap<string, InstanceRow>): Pages {
  const pages = data.pages.map((page) => ({
    ...page,
    items: page.items.flatMap((item) => {
      if (!ids.has(item.id)) return [item];
      const row = rows.get(item.id);
      return row ? [row] : [];
    }),
  }));
  return { ...data, pages };
}

function knows(data: Pages, id: string): boolean {
  return data.pages.some((page) => page.items.some((item) => item.id === id));
}

/** Patches every cached instance list; a list with a filter, or one that lacks a row, is asked again instead. */
function patchLists(
  queries: QueryClient,
  key: readonly unknown[],
  ids: Set<string>,
  rows: Map<string, InstanceRow>,
): void {
  for (const [queryKey, data] of queries.getQueriesData<Pages>({ queryKey: key })) {
    if (!data || !("pages" in data)) continue;
    queries.setQueryData<Pages>(queryKey, patched(data, ids, rows));
    const strange = [...rows.keys()].some((id) => !knows(data, id));
    const gone = [...ids].some((id) => !rows.has(id));
    if (strange || gone) queries.invalidateQueries({ queryKey });
  }
}

/** Gathers what the stream names for a moment, then brings the cache up to date; null means everything. */
export function useApplyChanges(projectId: string | null): (resources: readonly Changed[] | null) => void {
  const queries = useQueryClient();
  const trpc = useTRPC();
  const client = useTRPCClient();
  const waiting = useRef<Changed[]>([]);
  const timer = useRef<ReturnType<typeof setTimeout> | null>(null);
  const flushedAt = useRef(Number.NEGATIVE_INFINITY);

  const flush = useCallback(async () => {
    timer.current = null;
    flushedAt.current = performance.now();
    const changed = waiting.current.splice(0);
    const kinds = new Set(changed.map((resource) => resource.kind));
    const ids = new Set(
      changed.filter((resource) => resource.kind === "instance").map((resource) => resource.id),
    );
    const stale = [trpc.event.list.pathKey(), trpc.operation.list.pathKey()];
    if ([...kinds].some((kind) => countedKinds.has(kind) || networkKinds.has(kind)))
      stale.push(trpc.project.quota.pathKey());
    if (kinds.has("quota_request")) stale.push(trpc.quotaRequest.pathKey());
    if (kinds.has("instance")) stale.push(trpc.instance.get.pathKey(), trpc.instance.consoles.pathKey());
    if ([...kinds].some((kind) => networkKinds.has(kind)))
      stale.push(
        trpc.network.pathKey(),
        trpc.subnet.pathKey(),
        trpc.port.pathKey(),
        trpc.instance.reach.pathKey(),
        trpc.securityGroup.pathKey(),
        trpc.router.pathKey(),
        trpc.floatingIp.pathKey(),
        trpc.instance.sshPath.pathKey(),
      );
    if ([...kinds].some((kind) => volumeKinds.has(kind)))
      stale.push(trpc.volume.pathKey(), trpc.volumeSnapshot.pathKey(), trpc.volumeType.pathKey());
    if (kinds.has("image")) stale.push(trpc.image.pathKey());
    if (kinds.has("key_pair")) stale.push(trpc.keyPair.pathKey());
    if (kinds.has("application_credential")) stale.push(trpc.credential.list.pathKey());
    if (kinds.has("user") || kinds.has("group")) stale.push(trpc.member.pathKey());
    if (kinds.has("project")) stale.push(trpc.account.me.pathKey(), trpc.project.pathKey());
    if (kinds.has("flavor")) stale.push(trpc.flavor.pathKey());
    if (ids.size > patchLimit || (ids.size > 0 && !projectId)) stale.push(trpc.instance.list.pathKey());
    for (const queryKey of stale) void queries.invalidateQueries({ queryKey });
    void queries.invalidateQueries({
      queryKey: trpc.admin.pathKey(),
      predicate: ({ queryKey: [path] }) => !(Array.isArray(path) && calm.includes(path[1])),
    });
    if (!projectId || ids.size === 0 || ids.size > patchLimit) return;
    try {
      const answer = await client.instance.list.query({
        projectId,
        filter: { ids: [...ids] },
        limit: patchLimit,
      });
      patchLists(
        queries,
        trpc.instance.list.pathKey(),
        ids,
        new Map(answer.items.map((item) => [item.id, item])),
      );
    } catch {
      void queries.invalidateQueries({ queryKey: trpc.instance.list.pathKey() });
    }
  }, [client, projectId, queries, trpc]);

  useEffect(() => () => void (timer.current && clearTimeout(timer.current)), []);

  return useCallback(
    (resources) => {
      if (resources === null) return void queries.invalidateQueries();
      waiting.current.push(...resources);
      timer.current ??= setTimeout(flush, Math.max(0, flushedAt.current + gatherMs - performance.now()));
    },
    [flush, queries],
  );
}
