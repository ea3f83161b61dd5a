"use client";

import { keepPreviousData, useInfiniteQuery } from "@tanstack/react-query";
import { Plus } from "lucide-react";
import Link from "next/link";
import { useTranslations } from "next-intl";
import { useState } from "react";
import { failureOf } from "../../lib/failure.ts";
import type { FloatingIpRow } from "../../lib/rows.ts";
import { useTRPC } from "../../lib/trpc.ts";
import { usePermission } from "../../lib/use-permission.ts";
import { useProjectId } from "../../lib/use-project.ts";
import { useQueryState } from "../../lib/use-query-state.ts";
import { MoreRows } from "../instance/more-rows.tsx";
import { Page } from "../shell/page.tsx";
import { Moment } from "../timeline/moment.tsx";
import { Button } from "../ui/button.tsx";
import { CopyButton } from "../ui/copyable.tsx";
import { type Column, DataTable } from "../ui/data-table.tsx";
import { EmptyState, YardDrawing } from "../ui/empty-state.tsx";
import { FailureNotice } from "../ui/failure-notice.tsx";
import { TextFilter } from "../ui/text-filter.tsx";
import { AllocateDialog } from "./allocate-dialog.tsx";
import { FloatingIpActions } from "./floating-ip-actions.tsx";
import { FloatingIpState, settlingMs } from "./floating-ip-state.tsx";

const pageSize = 100;
const skeletonRows = 4;

function useFloatingIps(projectId: string, text: string, sort: string) {
  const trpc = useTRPC();
  const query = useInfiniteQuery({
    ...trpc.floatingIp.list.infiniteQueryOptions(
      { projectId, filter: text ? { text } : {}, sort, limit: pageSize },
      { getNextPageParam: (page) => page.nextCursor ?? undefined, placeholderData: keepPreviousData },
    ),
    refetchInterval: ({ state }) =>
      state.data?.pages.some(({ items }) => items.some(({ status }) => status === "BUILD"))
        ? settlingMs
        : false,
  });
  const pages = query.data?.pages ?? [];
  const rows = pages.flatMap((page) => page.items);
  return { query, rows, total: pages[0]?.total ?? 0, exact: pages[0]?.totalIsExact ?? true };
}

export function FloatingIpListPage() {
  const t = useTranslations("floatingIps");
  const tReasons = useTranslations("reasons");
  const projectId = useProjectId();
  const allowed = usePermission("floating_ip:create", projectId);
  const [text, setText] = useQueryState("q");
  const [sort, setSort] = useQueryState("sort");
  const [allocating, setAllocating] = useState(false);
  const { query, rows, total, exact } = useFloatingIps(projectId, text ?? "", sort ?? "address");
  const empty = query.isSuccess && rows.length === 0;
  const add = (
    <Button
      tone="primary"
      blocked={allowed ? null : tReasons("notPermitted")}
      onClick={() => setAllocating(true)}
    >
      <Plus aria-hidden />
      {t("allocate")}
    </Button>
  );
  return (
    <Page title={t("title")} about={t("about")} actions={empty && !text ? null : add}>
      {query.isError ? (
        <FailureNotice failure={failureOf(query.error)} onRetry={() => query.refetch()} />
      ) : null}
      {empty && !text ? (
        <EmptyState drawing={<YardDrawing />} title={t("empty.title")} about={t("empty.about")}>
          {add}
        </EmptyState>
      ) : (
        <div className="@container flex flex-col gap-3">
          <div className="flex flex-wrap items-center justify-between gap-2">
            <search className="w-full sm:w-auto">
              <TextFilter text={text ?? ""} label={t("filter")} onText={setText} />
            </search>
            <p role="status" className="text-label text-muted tabular-nums">
              {query.isSuccess ? t(exact ? "total" : "totalOver", { count: total }) : ""}
            </p>
          </div>
          {empty ? (
            <EmptyState title={t("nothing", { text: text ?? "" })}>
              <Button onClick={() => setText(null)}>{t("clear")}</Button>
            </EmptyState>
          ) : (
            <FloatingIpTable
              rows={rows}
              loadingRows={query.isPending ? skeletonRows : 0}
              sort={sort ?? "address"}
              onSort={setSort}
            />
          )}
          <MoreRows query={query} shown={rows.length} total={total} />
        </div>
      )}
      {allocating ? <AllocateDialog projectId={projectId} onClose={() => setAllocating(false)} /> : null}
    </Page>
  );
}

type FloatingIpTableProps = {
  rows: FloatingIpRow[];
  loadingRows: number;
  sort: string;
  onSort: (sort: string) => void;
};

function FloatingIpTable({ rows, loadingRows, sort, onSort }: FloatingIpTableProps) {
  const t = useTranslations("floatingIps");
  const columns: Column<FloatingIpRow>[] = [
    {
      key: "address",
      title: t("address"),
      sort: "address",
      cell: (ip) => (
        <span className="flex flex-col gap-0.5">
          <span className="inline-flex items-center gap-0.5">
            <code className="font-mono font-medium">{ip.address}</code>
            <CopyButton text={ip.address} label={t("copy", { address: ip.address })} />
          </span>
          {ip.description ? (
            <span className="line-clamp-2 text-label text-muted">{ip.description}</span>
          ) : null}
        </span>
      ),
    },
    {
      key: "state",
      title: t("state"),
      className: "hidden @lg:table-cell",
      cell: (ip) => <FloatingIpState status={ip.status} />,
    },
    { key: "leadsTo", title: t("leadsTo"), cell: (ip) => <Target ip={ip} /> },
    {
      key: "router",
      title: t("router"),
      className: "hidden @2xl:table-cell",
      cell: (ip) =>
        ip.routerId ? (
          <Link
            href={`/p/${ip.projectId}/routers/${ip.routerId}`}
            className="break-words hover:text-accent hover:underline"
          >
            {ip.routerName}
          </Link>
        ) : null,
    },
    {
      key: "network",
      title: t("network"),
      sort: "networkName",
      className: "hidden @3xl:table-cell",
      cell: (ip) => ip.networkName,
    },
    {
      key: "createdAt",
      title: t("createdAt"),
      sort: "createdAt",
      className: "hidden whitespace-nowrap text-muted @3xl:table-cell",
      cell: (ip) => <Moment date={ip.createdAt} />,
    },
    {
      key: "actions",
      title: <span className="sr-only">{t("actions")}</span>,
      className: "w-px text-right",
      cell: (ip) => <FloatingIpActions ip={ip} />,
    },
  ];
  return (
    <DataTable
      label={t("title")}
      columns={columns}
      rows={rows}
      rowKey={(ip) => ip.id}
      sort={sort}
      onSort={onSort}
      loadingRows={loadingRows}
    />
  );
}

function Target({ ip }: { ip: FloatingIpRow }) {
  const t = useTranslations("floatingIps");
  if (ip.portId === null) return <span className="text-muted">{t("leadsNowhere")}</span>;
  return (
    <span className="flex flex-col gap-0.5">
      {ip.instanceId ? (
        <Link
          href={`/p/${ip.projectId}/instances/${ip.instanceId}`}
          className="line-clamp-2 break-words hover:text-accent hover:underline"
        >
          {ip.instanceName}
        </Link>
      ) : null}
      <code className="font-mono text-label text-muted">{ip.fixedAddress}</code>
    </span>
  );
}
