"use client";

import { useFormatter, useNow, useTranslations } from "next-intl";
import type { InstanceRow } from "../../lib/rows.ts";
import { Notice } from "../ui/notice.tsx";

const tickMs = 1_000;

/** How long a deleted instance can still be had back; nothing for any other. */
export function ReclaimNotice({ instance }: { instance: InstanceRow }) {
  const t = useTranslations("instances.reclaim");
  const format = useFormatter();
  const now = useNow({ updateInterval: tickMs });
  if (!instance.reclaimAt || instance.taskState === "deleting") return null;
  const until = instance.reclaimAt < now ? now : instance.reclaimAt;
  return (
    <Notice tone="warning" title={t("title")}>
      {t("about", { when: format.relativeTime(until, { now, unit: unitOf(until, now) }) })}
    </Notice>
  );
}

const minuteMs = 60_000;

function unitOf(until: Date, now: Date) {
  const leftMs = until.getTime() - now.getTime();
  if (leftMs < 2 * minuteMs) return "second";
  return leftMs < 120 * minuteMs ? "minute" : "hour";
}
