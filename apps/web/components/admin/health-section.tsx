"use client";

import { type Health, type HealthPart, health, healthParts, type PartHealth } from "@madang/core/health";
import { useQuery } from "@tanstack/react-query";
import { CircleAlert, CircleCheck, TriangleAlert } from "lucide-react";
import { useTranslations } from "next-intl";
import { bytesText } from "../../lib/amount.ts";
import { Notice } from "../ui/notice.tsx";
import { SkeletonLines } from "../ui/skeleton.tsx";

const refreshMs = 5_000;

/** Not a procedure: it answers also while nobody's session can be read. */
async function askHealth(): Promise<Health> {
  const response = await fetch("/api/health", { cache: "no-store" });
  return health.parse(await response.json());
}

/** What is not well, in words; a single line when all is. */
export function HealthSection() {
  const t = useTranslations("admin.health");
  const asked = useQuery({
    queryKey: ["health"],
    queryFn: askHealth,
    refetchInterval: refreshMs,
    retry: false,
  });
  return (
    <section aria-labelledby="health-title" className="flex flex-col gap-3">
      <h2 id="health-title" className="text-lead font-semibold">
        {t("title")}
      </h2>
      {asked.isPending ? <SkeletonLines count={1} label={t("title")} /> : null}
      {asked.isError ? <Notice tone="error">{t("noAnswer")}</Notice> : null}
      {asked.data && !asked.isError ? <Verdict now={asked.data} /> : null}
    </section>
  );
}

function Verdict({ now }: { now: Health }) {
  const t = useTranslations("admin.health");
  if (now.status === "ok")
    return (
      <p role="status" className="flex items-center gap-1.5 text-table text-muted" data-health="ok">
        <CircleCheck aria-hidden className="size-4 text-running" />
        {t("allWell")}
      </p>
    );
  const unwell = healthParts.flatMap((name) => {
    const part = now.parts[name];
    return part && part.status !== "ok" ? [{ name, part }] : [];
  });
  // What can't be known because something else does not work only hides what that is.
  const known = unwell.filter(({ part }) => part.reason !== "unknown");
  return (
    <div role="status" data-health={now.status}>
      <Notice tone={now.status === "failed" ? "error" : "warning"} title={t(now.status)}>
        <ul className="mt-1 flex flex-col gap-2">
          {(known.length > 0 ? known : unwell).map(({ name, part }) => (
            <Unwell key={name} name={name} part={part} />
          ))}
        </ul>
      </Notice>
    </div>
  );
}

function Unwell({ name, part }: { name: HealthPart; part: PartHealth }) {
  const t = useTranslations("admin.health");
  const Icon = part.status === "failed" ? CircleAlert : TriangleAlert;
  const tone = part.status === "failed" ? "text-danger" : "text-changing";
  return (
    <li className="flex gap-2" data-part={name} data-reason={part.reason}>
      <Icon aria-hidden className={`mt-0.5 size-3.5 shrink-0 ${tone}`} />
      <p>
        <span className="font-medium">{`${t(`parts.${name}`)}: `}</span>
        {t(`words.${name}.${part.reason ?? "unknown"}`, wordsOf(part))}
      </p>
    </li>
  );
}

const daySeconds = 86_400;

/** What the sentences need of the figures. */
function wordsOf({ figures }: PartHealth) {
  const of = (name: string) => figures[name] ?? 0;
  return {
    roundTrip: of("roundTripSeconds").toFixed(1),
    down: of("down"),
    refused: of("refused"),
    waiting: of("waiting"),
    oldest: Math.round(of("oldestSeconds")),
    near: of("nearExpiry"),
    days: Math.max(0, Math.floor(of("secondsLeft") / daySeconds)),
    lag: Math.round(of("lagSeconds")),
    free: bytesText(of("freeBytes")),
  };
}
