"use client";

import { useQuery } from "@tanstack/react-query";
import { CircleAlert, CircleCheck, CircleDashed } from "lucide-react";
import { useTranslations } from "next-intl";
import { useState } from "react";
import type { Translate } from "../../lib/error-text.ts";
import { failureOf } from "../../lib/failure.ts";
import type { InstanceDetail, ReachAnswer } from "../../lib/rows.ts";
import { useTRPC } from "../../lib/trpc.ts";
import { cn } from "../ui/class-names.ts";
import { FailureNotice } from "../ui/failure-notice.tsx";
import { SkeletonLines } from "../ui/skeleton.tsx";
import { RemedyButton } from "./remedy-button.tsx";

type Props = { projectId: string; instance: InstanceDetail };
type Check = ReachAnswer["checks"][number];

/** While something is wrong or on its way, for not all that mends it has an event, ms. */
const watchMs = 2_000;

/** "Why can't I reach it?": the first thing that is wrong, what mends it, and everything that was looked at. */
export function ReachSection({ projectId, instance }: Props) {
  const t = useTranslations("reach");
  const trpc = useTRPC();
  const [asked, setAsked] = useState<boolean | null>(null);
  const reach = useQuery(
    trpc.instance.reach.queryOptions(
      { projectId, id: instance.id },
      { refetchInterval: ({ state }) => (state.data?.first ? watchMs : false) },
    ),
  );
  // Not everything is meant to be reached: without an address outside nothing is said before somebody asks.
  const wrong = reach.data ? reach.data.first !== null && reach.data.address !== null : false;
  return (
    <section aria-label={t("title")} className="rounded-surface border bg-surface">
      <details open={asked ?? wrong} onToggle={(event) => setAsked(event.currentTarget.open)}>
        <summary className="cursor-pointer rounded-surface p-3">
          <h2 className="inline text-table font-semibold">{t("title")}</h2>
        </summary>
        <div className="flex flex-col gap-2 px-3 pb-3">
          {reach.isPending ? <SkeletonLines count={2} label={t("looking")} /> : null}
          {reach.isError ? (
            <FailureNotice failure={failureOf(reach.error)} onRetry={() => reach.refetch()} />
          ) : null}
          {reach.data ? <Answer projectId={projectId} instance={instance} reach={reach.data} /> : null}
        </div>
      </details>
    </section>
  );
}

function Answer({ projectId, instance, reach }: Props & { reach: ReachAnswer }) {
  const t = useTranslations("reach");
  const first = reach.checks.find(({ key }) => key === reach.first);
  const last = reach.checks.at(-1);
  const shown = first ?? last;
  return (
    <>
      <div role="status" className="flex flex-col gap-2 text-table">
        {first ? <CheckLine check={first} /> : <p>{t("nothing", { address: reach.address ?? "" })}</p>}
      </div>
      {shown?.remedy ? (
        <RemedyButton
          key={JSON.stringify(shown.remedy)}
          projectId={projectId}
          instance={instance}
          remedy={shown.remedy}
        />
      ) : null}
      <details className="text-table">
        <summary className="w-fit cursor-pointer rounded-control text-label text-accent hover:underline">
          {t("all")}
        </summary>
        <ol className="mt-2 flex flex-col gap-1.5">
          {reach.checks.map((check) => (
            <li key={check.key}>
              <CheckLine check={check} />
            </li>
          ))}
        </ol>
      </details>
    </>
  );
}

const marks = {
  ok: { icon: CircleCheck, tone: "text-running" },
  failed: { icon: CircleAlert, tone: "text-danger" },
  unknown: { icon: CircleDashed, tone: "text-muted" },
};

function CheckLine({ check }: { check: Check }) {
  const t: Translate = useTranslations();
  const { icon: Icon, tone } = marks[check.state];
  return (
    <p className="flex items-start gap-2" data-check={check.key} data-state={check.state}>
      <Icon
        role="img"
        aria-label={t(`reach.states.${check.state}`)}
        className={cn("mt-0.5 size-4 shrink-0", tone)}
      />
      <span className={cn("min-w-0 break-words", check.state === "unknown" && "text-muted")}>
        {checkWords(t, check)}
      </span>
    </p>
  );
}

/** What must be right first is said of all checks with the same words. */
function checkWords(t: Translate, { key, reason, params }: Check): string {
  if (reason === "notYet") return t("reach.notYet", { what: t(`reach.names.${key}`) });
  return t(`reach.checks.${key}.${reason}`, params);
}
