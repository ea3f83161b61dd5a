"use client";

import { hypervisorStates } from "@madang/core/hypervisor/state";
import { instanceStatuses } from "@madang/core/instance/status";
import { useQuery } from "@tanstack/react-query";
import Link from "next/link";
import { useFormatter, useTranslations } from "next-intl";
import { failureOf } from "../../lib/failure.ts";
import { useTRPC } from "../../lib/trpc.ts";
import { AttentionSection } from "../oversight/attention-section.tsx";
import { CapacitySection } from "../oversight/capacity-section.tsx";
import { Page } from "../shell/page.tsx";
import { FailureNotice } from "../ui/failure-notice.tsx";
import { SkeletonLines } from "../ui/skeleton.tsx";
import { HealthSection } from "./health-section.tsx";

type Tally = { key: string; word: string; count: number };

/** Counts in one line of words. */
function Tallies({ items, none }: { items: Tally[]; none: string }) {
  const format = useFormatter();
  const some = items.filter((item) => item.count > 0);
  if (some.length === 0) return <p className="text-table text-muted">{none}</p>;
  return (
    <dl className="flex flex-wrap gap-x-8 gap-y-2">
      {some.map((item) => (
        <div key={item.key} className="flex items-baseline gap-2">
          <dd className="order-first text-title font-semibold tabular-nums">{format.number(item.count)}</dd>
          <dt className="text-table text-muted">{item.word}</dt>
        </div>
      ))}
    </dl>
  );
}

const refreshMs = 10_000;

export function AdminOverviewPage() {
  const t = useTranslations("admin.overview");
  const tStatus = useTranslations("statuses");
  const tState = useTranslations("hypervisorStates");
  const trpc = useTRPC();
  const overview = useQuery(trpc.admin.overview.queryOptions(undefined, { refetchInterval: refreshMs }));
  const { data } = overview;
  const tally = (
    keys: readonly string[],
    counts: Record<string, number | undefined>,
    word: (key: string) => string,
  ) => keys.map((key) => ({ key, word: word(key), count: counts[key] ?? 0 }));
  return (
    <Page title={t("title")} about={t("about")}>
      <HealthSection />
      {overview.isError && !data ? (
        <FailureNotice failure={failureOf(overview.error)} onRetry={() => overview.refetch()} />
      ) : null}
      {overview.isPending ? <SkeletonLines count={8} label={t("title")} /> : null}
      {data ? (
        <>
          <section aria-label={t("attention")} className="flex flex-col gap-3">
            <h2 className="text-lead font-semibold">{t("attention")}</h2>
            <AttentionSection overview={data} />
          </section>
          <section aria-label={t("instances")} className="flex flex-col gap-3">
            <h2 className="text-lead font-semibold">
              <Link href="/admin/instances" className="hover:underline">
                {t("instancesTotal", { count: data.instances.total })}
              </Link>
            </h2>
            <Tallies
              none={t("noInstances")}
              items={tally(instanceStatuses, data.instances.byStatus, tStatus)}
            />
          </section>
          <section aria-label={t("hypervisors")} className="flex flex-col gap-3">
            <h2 className="text-lead font-semibold">
              <Link href="/admin/hypervisors" className="hover:underline">
                {t("hypervisors")}
              </Link>
            </h2>
            <Tallies none={t("noHypervisors")} items={tally(hypervisorStates, data.hypervisors, tState)} />
          </section>
          <section aria-label={t("capacity")} className="flex flex-col gap-4">
            <h2 className="text-lead font-semibold">
              <Link href="/admin/hypervisors" className="hover:underline">
                {t("capacity")}
              </Link>
            </h2>
            <CapacitySection capacity={data.capacity} />
          </section>
          <section aria-label={t("processes")} className="flex flex-col gap-3">
            <h2 className="text-lead font-semibold">
              <Link href="/admin/system" className="hover:underline">
                {t("processes")}
              </Link>
            </h2>
            <Tallies
              none={t("noProcesses")}
              items={[
                {
                  key: "alive",
                  word: t("alive"),
                  count: data.processes.filter(({ alive }) => alive).length,
                },
                {
                  key: "silent",
                  word: t("silent"),
                  count: data.processes.filter(({ alive }) => !alive).length,
                },
              ]}
            />
          </section>
        </>
      ) : null}
    </Page>
  );
}
