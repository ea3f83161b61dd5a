"use client";

import { hypervisorStates } from "@madang/core/hypervisor/state";
import { instanceStatuses } from "@madang/core/instance/status";
import { useQuery } from "@tanstack/react-query";
import { CircleAlert, CircleCheck } from "lucide-react";
import Link from "next/link";
import { useFormatter, useTranslations } from "next-intl";
import { failureOf } from "../../lib/failure.ts";
import { useTRPC } from "../../lib/trpc.ts";
import { Page } from "../shell/page.tsx";
import { Moment } from "../timeline/moment.tsx";
import { type Column, DataTable } from "../ui/data-table.tsx";
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
          <section aria-label={t("instances")} className="flex flex-col gap-3">
            <h2 className="text-lead font-semibold">
              {t("instancesTotal", { count: data.instances.total })}
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
          <section aria-label={t("processes")} className="flex flex-col gap-3">
            <h2 className="text-lead font-semibold">{t("processes")}</h2>
            <Processes rows={data.processes} />
          </section>
        </>
      ) : null}
    </Page>
  );
}

type Process = {
  kind: string;
  host: string;
  pid: number;
  version: string;
  startedAt: Date;
  lastSeenAt: Date;
  alive: boolean;
  metricsUrl: string;
};

function Processes({ rows }: { rows: Process[] }) {
  const t = useTranslations("admin.overview");
  const columns: Column<Process>[] = [
    {
      key: "kind",
      title: t("kind"),
      cell: (row) => <code className="font-mono text-label font-medium">{row.kind}</code>,
    },
    {
      key: "state",
      title: t("state"),
      cell: (row) => (
        <span className="inline-flex items-center gap-1.5 whitespace-nowrap">
          {row.alive ? (
            <CircleCheck aria-hidden className="size-4 text-running" />
          ) : (
            <CircleAlert aria-hidden className="size-4 text-danger" />
          )}
          {t(row.alive ? "alive" : "silent")}
        </span>
      ),
    },
    {
      key: "host",
      title: t("host"),
      className: "hidden @xl:table-cell",
      cell: (row) => <span className="tabular-nums">{`${row.host} · ${row.pid}`}</span>,
    },
    {
      key: "version",
      title: t("version"),
      className: "hidden @2xl:table-cell",
      cell: (row) => <code className="font-mono text-label">{row.version}</code>,
    },
    {
      key: "started",
      title: t("started"),
      className: "hidden text-muted @2xl:table-cell",
      cell: (row) => <Moment date={row.startedAt} />,
    },
    {
      key: "seen",
      title: t("lastSeen"),
      className: "text-muted",
      cell: (row) => <Moment date={row.lastSeenAt} />,
    },
    {
      key: "metrics",
      title: t("metrics"),
      className: "hidden text-muted @3xl:table-cell",
      cell: (row) => <code className="font-mono text-label">{row.metricsUrl || "–"}</code>,
    },
  ];
  return (
    <DataTable
      label={t("processes")}
      columns={columns}
      rows={rows}
      rowKey={(row) => `${row.kind}-${row.host}-${row.pid}`}
    />
  );
}
