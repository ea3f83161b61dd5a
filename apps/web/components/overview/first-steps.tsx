"use client";

import { useQuery } from "@tanstack/react-query";
import { Check, CircleDashed, CircleDot } from "lucide-react";
import Link from "next/link";
import { useTranslations } from "next-intl";
import type { ReactNode } from "react";
import type { InstanceRow } from "../../lib/rows.ts";
import { useTRPC } from "../../lib/trpc.ts";
import { useRefusal } from "../../lib/use-permission.ts";
import { Button, ButtonLink } from "../ui/button.tsx";
import { cn } from "../ui/class-names.ts";
import { type StepName, type StepState, stepsOf } from "./steps.ts";

type FirstStepsProps = { projectId: string; instances: readonly InstanceRow[]; onHide: () => void };

/** From an empty project to being at the prompt of a first instance: what is done, what comes next, one button for it. */
export function FirstSteps({ projectId, instances, onHide }: FirstStepsProps) {
  const t = useTranslations("overview.steps");
  const trpc = useTRPC();
  const keyPairs = useQuery(trpc.keyPair.list.queryOptions({ limit: 1 }));
  const addresses = useQuery(trpc.floatingIp.list.queryOptions({ projectId, limit: 1 }));
  const steps = stepsOf({
    hasKeyPair: (keyPairs.data?.total ?? 0) > 0,
    hasAddress: (addresses.data?.total ?? 0) > 0,
    instances: instances.map(({ status }) => status),
  });
  return (
    <section aria-label={t("title")} className="flex flex-col gap-4 rounded-surface border bg-surface p-4">
      <div className="flex items-start justify-between gap-3">
        <div className="flex flex-col gap-1">
          <h2 className="text-lead font-semibold">{t("title")}</h2>
          <p className="max-w-prose text-table text-muted">{t("about")}</p>
        </div>
        <Button tone="quiet" onClick={onHide}>
          {t("hide")}
        </Button>
      </div>
      <ol className="flex flex-col">
        {steps.map(({ name, state }) => (
          <Step key={name} name={name} state={state}>
            <StepLink projectId={projectId} name={name} state={state} instanceId={instances[0]?.id ?? null} />
          </Step>
        ))}
      </ol>
      <p className="text-label text-muted">
        {t.rich("then", {
          volumes: (words) => <Inline href={`/p/${projectId}/volumes`}>{words}</Inline>,
          members: (words) => <Inline href={`/p/${projectId}/members`}>{words}</Inline>,
          api: (words) => <Inline href={`/p/${projectId}/api-access`}>{words}</Inline>,
        })}
      </p>
    </section>
  );
}

const marks = { done: Check, now: CircleDot, later: CircleDashed } as const;

function Step({ name, state, children }: { name: StepName; state: StepState; children: ReactNode }) {
  const t = useTranslations("overview.steps");
  const Mark = marks[state];
  return (
    <li
      aria-current={state === "now" ? "step" : undefined}
      className="flex flex-wrap items-center gap-x-3 gap-y-2 border-t py-3 first:border-t-0"
    >
      <Mark aria-hidden className={cn("size-5 shrink-0", state === "later" ? "text-muted" : "text-accent")} />
      <div className="flex min-w-48 flex-1 flex-col">
        <p className={cn("text-body font-medium", state === "done" && "text-muted")}>
          {t(`${name}.title`)}
          <span className="sr-only"> · {t(`states.${state}`)}</span>
        </p>
        {state === "done" ? null : <p className="text-table text-muted">{t(`${name}.about`)}</p>}
      </div>
      {state === "done" ? null : <div className="max-sm:w-full max-sm:ps-8">{children}</div>}
    </li>
  );
}

type StepLinkProps = { projectId: string; name: StepName; state: StepState; instanceId: string | null };

function StepLink({ projectId, name, state, instanceId }: StepLinkProps) {
  const t = useTranslations("overview.steps");
  const refused = {
    key: useRefusal("key_pair:create", projectId),
    launch: useRefusal("instance:create", projectId),
    reach: useRefusal("instance:console", projectId),
  }[name];
  const base = `/p/${projectId}`;
  const href = {
    key: `${base}/key-pairs`,
    launch: `${base}/instances/launch`,
    reach: instanceId && `${base}/instances/${instanceId}`,
  }[name];
  const tone = state === "now" ? "primary" : "plain";
  const blocked = refused ?? (href ? null : t("launchFirst"));
  return blocked || !href ? (
    <Button blocked={blocked}>{t(`${name}.do`)}</Button>
  ) : (
    <ButtonLink tone={tone} href={href}>
      {t(`${name}.do`)}
    </ButtonLink>
  );
}

function Inline({ href, children }: { href: string; children: ReactNode }) {
  return (
    <Link href={href} className="text-accent underline underline-offset-2">
      {children}
    </Link>
  );
}
