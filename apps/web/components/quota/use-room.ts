"use client";

import { type QuotaLine, quotaExcesses, type Usage } from "@madang/core/quota/resource";
import { useQuery } from "@tanstack/react-query";
import { useTranslations } from "next-intl";
import type { Translate } from "../../lib/error-text.ts";
import { resourceWords } from "../../lib/resource-words.ts";
import { useTRPC } from "../../lib/trpc.ts";

const unknown: QuotaLine[] = [];
export const oneKeyPair: Usage = { key_pairs: 1 };
export const keyPairsOnly = ["key_pairs"] as const;

/** The project's quota, live, and in a word why `wanted` does not fit; null while it does, or is not known yet. */
export function useRoom(projectId: string, wanted: Usage): { lines: QuotaLine[]; blocked: string | null } {
  const t: Translate = useTranslations();
  const trpc = useTRPC();
  const quota = useQuery(trpc.project.quota.queryOptions({ projectId }));
  const lines = quota.data?.lines ?? unknown;
  return { lines, blocked: blockedWords(t, lines, wanted) };
}

export function blockedWords(t: Translate, lines: readonly QuotaLine[], wanted: Usage): string | null {
  const [excess] = quotaExcesses(lines, wanted);
  return excess
    ? t("launch.overQuota", { resource: resourceWords(t, excess.resource, excess.typeName) })
    : null;
}
