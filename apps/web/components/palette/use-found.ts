"use client";

import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useTranslations } from "next-intl";
import { useEffect, useState } from "react";
import { resourceHref } from "../../lib/resource-href.ts";
import type { FoundRow } from "../../lib/rows.ts";
import { useTRPC } from "../../lib/trpc.ts";
import { usePermission } from "../../lib/use-permission.ts";
import type { Entry } from "./entry.ts";

const pauseMs = 120;

/** What stands still for a moment: the server is not asked for every letter. */
function useSettled(text: string): string {
  const [settled, setSettled] = useState(text);
  useEffect(() => {
    const timer = setTimeout(() => setSettled(text), pauseMs);
    return () => clearTimeout(timer);
  }, [text]);
  return settled;
}

/** What the server finds; of an earlier answer only what the text now means still. */
export function useFound(name: string, near: string | null): { items: FoundRow[]; pending: boolean } {
  const trpc = useTRPC();
  const settled = useSettled(name);
  const query = useQuery({
    ...trpc.search.find.queryOptions({ text: settled, near, limit: 6 }),
    enabled: settled !== "",
    placeholderData: keepPreviousData,
  });
  const fresh = settled === name && !query.isPlaceholderData;
  const wanted = name.toLowerCase();
  const all = name === "" ? [] : (query.data?.items ?? []);
  const items = fresh ? all : all.filter((found) => found.name.toLowerCase().includes(wanted));
  return { items, pending: name !== "" && !fresh };
}

/** Where each is looked at; what no page shows is left out. */
export function useFoundEntries(items: readonly FoundRow[], near: string | null): Entry[] {
  const t = useTranslations("palette");
  const overseer = usePermission("system:read", null);
  return items.flatMap((found) => {
    const href = hrefOf(found, near, overseer);
    if (!href) return [];
    const detail = [
      t(`kinds.${found.kind}`),
      found.detail,
      found.kind === "project" ? null : found.projectName,
    ];
    const words = found.name || found.id;
    return [{ key: found.id, group: "resources", words, detail: detail.filter(Boolean).join(" · "), href }];
  });
}

function hrefOf(found: FoundRow, near: string | null, overseer: boolean): string | null {
  const { kind, id, parentId } = found;
  const projectId = found.projectId ?? near;
  if (kind === "project") return `/p/${id}`;
  if (kind === "aggregate") return `/admin/aggregates?selected=${id}`;
  if (kind === "subnet") return parentId && resourceHref(projectId, "network", parentId);
  return resourceHref(projectId, kind, id, overseer);
}
