"use client";

import { useQuery } from "@tanstack/react-query";
import { CircleAlert, CircleCheck, TriangleAlert } from "lucide-react";
import { useFormatter, useNow, useTranslations } from "next-intl";
import type { ReactNode } from "react";
import { bytesText } from "../../lib/amount.ts";
import { failureOf } from "../../lib/failure.ts";
import type { SystemRow } from "../../lib/rows.ts";
import { useTRPC } from "../../lib/trpc.ts";
import { HealthSection } from "../admin/health-section.tsx";
import { HypervisorBadge } from "../admin/hypervisor-state.tsx";
import { Page } from "../shell/page.tsx";
import { ExactTime, Moment } from "../timeline/moment.tsx";
import { type Column, DataTable } from "../ui/data-table.tsx";
import { FailureNotice } from "../ui/failure-notice.tsx";
import { RowLink } from "../ui/row-link.tsx";
import { Section } from "../ui/section.tsx";
import { SkeletonLines } from "../ui/skeleton.tsx";

const refreshMs = 10_000;

/** What the cloud runs on. */
export function SystemPage() {
  const t = useTranslations("system");
  const trpc = useTRPC();
  const system = useQuery(trpc.admin.system.queryOptions(undefined, { refetchInterval: refreshMs }));
  const { data } = system;
  return (
    <Page title={t("title")} about={t("about")}>
      <HealthSection />
      {system.isError && !data ? (
        <FailureNotice failure={failureOf(system.error)} onRetry={() => system.refetch()} />
      ) : null}
      {system.isPending ? <SkeletonLines count={12} label={t("title")} /> : null}
      {data ? (
        <div className="flex flex-col gap-8">
          <Section title={t("processes")} about={t("processesAbout")}>
            <Processes rows={data.processes} />
          </Section>
          <Section title={t("agents")} about={t("agentsAbout", { count: data.agents.total })}>
            <Agents rows={data.agents.items} />
          </Section>
          <Section title={t("certificates")} about={t("certificatesAbout")}>
            <Certificates rows={data.certificates.items} />
          </Section>
          <div className="grid gap-8 @4xl:grid-cols-2">
            <Section title={t("queues")} about={t("queuesAbout")}>
              <Queues rows={data.queues} />
            </Section>
            <Section title={t("database")} about={t("databaseAbout", databaseWords(data))}>
              <Tables rows={data.database.tables} />
            </Section>
          </div>
          <Section title={t("settings")} about={t("settingsAbout")}>
            <Settings system={data} />
          </Section>
        </div>
      ) : null}
    </Page>
  );
}

function databaseWords({ database }: SystemRow) {
  return { version: database.version, size: bytesText(database.bytes) };
}

function Mark({ bad, children }: { bad: boolean; children: ReactNode }) {
  return (
    <span className="inline-flex items-center gap-1.5 whitespace-nowrap">
      {bad ? (
        <CircleAlert aria-hidden className="size-4 shrink-0 text-danger" />
      ) : (
        <CircleCheck aria-hidden className="size-4 shrink-0 text-running" />
      )}
      {children}
    </span>
  );
}

const mono = (text: string) => <code className="font-mono text-label">{text || "–"}</code>;

function Processes({ rows }: { rows: SystemRow["processes"] }) {
  const t = useTranslations("admin.overview");
  const columns: Column<SystemRow["processes"][number]>[] = [
    { key: "kind", title: t("kind"), cell: (row) => mono(row.kind) },
    {
      key: "state",
      title: t("state"),
      cell: (row) => <Mark bad={!row.alive}>{t(row.alive ? "alive" : "silent")}</Mark>,
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
      cell: (row) => mono(row.version),
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
      cell: (row) => mono(row.metricsUrl),
    },
  ];
  const key = (row: SystemRow["processes"][number]) => `${row.kind}-${row.host}-${row.pid}`;
  return <DataTable label={t("processes")} columns={columns} rows={rows} rowKey={key} />;
}

function Agents({ rows }: { rows: SystemRow["agents"]["items"] }) {
  const t = useTranslations("system");
  if (rows.length === 0) return <p className="text-table text-muted">{t("noAgents")}</p>;
  const columns: Column<SystemRow["agents"]["items"][number]>[] = [
    {
      key: "name",
      title: t("columns.hypervisor"),
      className: "max-w-0 w-full @xl:w-[30%]",
      cell: (row) => (
        <RowLink href="/admin/hypervisors" className="font-medium break-words text-accent hover:underline">
          {row.name}
        </RowLink>
      ),
    },
    { key: "state", title: t("columns.state"), cell: (row) => <HypervisorBadge state={row.state} /> },
    {
      key: "version",
      title: t("columns.version"),
      className: "hidden @xl:table-cell",
      cell: (row) => mono(row.version),
    },
    {
      key: "driver",
      title: t("columns.driver"),
      className: "hidden @2xl:table-cell",
      cell: (row) => mono(row.driver),
    },
    {
      key: "started",
      title: t("columns.started"),
      className: "hidden text-muted @3xl:table-cell",
      cell: (row) => (row.startedAt ? <Moment date={row.startedAt} /> : "–"),
    },
    {
      key: "seen",
      title: t("columns.seen"),
      className: "hidden text-muted @md:table-cell",
      cell: (row) => (row.lastSeenAt ? <Moment date={row.lastSeenAt} /> : "–"),
    },
  ];
  return <DataTable label={t("agents")} columns={columns} rows={rows} rowKey={(row) => row.id} />;
}

function Certificates({ rows }: { rows: SystemRow["certificates"]["items"] }) {
  const t = useTranslations("system");
  if (rows.length === 0) return <p className="text-table text-muted">{t("noCertificates")}</p>;
  const columns: Column<SystemRow["certificates"]["items"][number]>[] = [
    {
      key: "of",
      title: t("columns.of"),
      className: "max-w-0 w-full @xl:w-[40%]",
      cell: (row) => (
        <span className="flex min-w-0 flex-col">
          <span className="break-words">{t(`certificateKinds.${row.kind}`)}</span>
          {row.name ? <span className="text-label break-words text-muted">{row.name}</span> : null}
        </span>
      ),
    },
    {
      key: "ends",
      title: t("columns.ends"),
      className: "whitespace-nowrap",
      cell: (row) => (
        <span className="inline-flex items-center gap-1.5">
          {row.soon ? <TriangleAlert aria-hidden className="size-4 shrink-0 text-changing" /> : null}
          <ExactTime date={row.endsAt} />
        </span>
      ),
    },
    {
      key: "left",
      title: t("columns.left"),
      className: "hidden @lg:table-cell",
      cell: (row) => <Left endsAt={row.endsAt} soon={row.soon} />,
    },
  ];
  const key = (row: SystemRow["certificates"]["items"][number]) => `${row.kind}-${row.name}`;
  return <DataTable label={t("certificates")} columns={columns} rows={rows} rowKey={key} />;
}

function Left({ endsAt, soon }: { endsAt: Date; soon: boolean }) {
  const t = useTranslations("system");
  const format = useFormatter();
  const text = format.relativeTime(endsAt, useNow());
  return (
    <span className={soon ? "font-medium text-danger" : "text-muted"}>
      {soon ? t("soon", { when: text }) : text}
    </span>
  );
}

function Queues({ rows }: { rows: SystemRow["queues"] }) {
  const t = useTranslations("system");
  const format = useFormatter();
  const columns: Column<SystemRow["queues"][number]>[] = [
    { key: "name", title: t("columns.queue"), cell: (row) => mono(row.queue) },
    {
      key: "waiting",
      title: t("columns.waiting"),
      className: "text-right tabular-nums @xl:pr-6",
      cell: (row) => format.number(row.waiting),
    },
    {
      key: "active",
      title: t("columns.active"),
      className: "text-right tabular-nums @xl:pr-6",
      cell: (row) => format.number(row.active),
    },
    {
      key: "oldest",
      title: t("columns.oldest"),
      className: "text-right tabular-nums @xl:pr-6",
      cell: (row) => t("seconds", { seconds: Math.round(row.oldestSeconds) }),
    },
  ];
  return <DataTable label={t("queues")} columns={columns} rows={rows} rowKey={(row) => row.queue} />;
}

function Tables({ rows }: { rows: SystemRow["database"]["tables"] }) {
  const t = useTranslations("system");
  const format = useFormatter();
  const columns: Column<SystemRow["database"]["tables"][number]>[] = [
    { key: "name", title: t("columns.table"), className: "break-all", cell: (row) => mono(row.name) },
    {
      key: "rows",
      title: t("columns.rows"),
      className: "text-right tabular-nums @xl:pr-6",
      cell: (row) => (row.rows === null ? "–" : format.number(Math.round(row.rows))),
    },
    {
      key: "bytes",
      title: t("columns.size"),
      className: "text-right whitespace-nowrap tabular-nums @xl:pr-6",
      cell: (row) => bytesText(row.bytes),
    },
  ];
  return <DataTable label={t("database")} columns={columns} rows={rows} rowKey={(row) => row.name} />;
}

const hourMs = 3_600_000;

function Settings({ system: { about, settings, trail } }: { system: SystemRow }) {
  const t = useTranslations("system");
  const format = useFormatter();
  const hours = (ms: number) => t("hours", { hours: ms / hourMs });
  const facts: [string, ReactNode][] = [
    [t("facts.version"), mono(about.version)],
    [t("facts.url"), mono(about.url)],
    [t("facts.agentUrl"), mono(about.agentUrl)],
    [t("facts.kept"), keptWords(t, trail.keptMonths)],
    [
      t("facts.trail"),
      <span key="trail">
        {t("events", { count: format.number(Math.round(trail.events)) })}
        {trail.oldest ? (
          <>
            {" · "}
            {t("since")} <ExactTime date={trail.oldest} />
          </>
        ) : null}
      </span>,
    ],
    [t("facts.scheduleTimeout"), t("seconds", { seconds: settings.scheduleTimeoutMs / 1_000 })],
    [t("facts.reclaim"), t("minutes", { minutes: settings.reclaimMs / 60_000 })],
    [t("facts.sessionIdle"), hours(settings.sessionIdleMs)],
    [t("facts.sessionLongest"), hours(settings.sessionLongestMs)],
  ];
  return (
    <dl className="grid gap-x-6 gap-y-2 text-table @lg:grid-cols-[max-content_minmax(0,1fr)] [&_dt]:text-muted">
      {facts.map(([name, value]) => (
        <div key={name} className="contents">
          <dt>{name}</dt>
          <dd className="min-w-0 break-words max-@lg:mb-1.5">{value}</dd>
        </div>
      ))}
    </dl>
  );
}

function keptWords(
  t: ReturnType<typeof useTranslations<"system">>,
  months: number | null | undefined,
): string {
  if (months === undefined) return t("keptUnknown");
  return months === null ? t("keptForever") : t("keptMonths", { months });
}
