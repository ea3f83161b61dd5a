"use client";

import { keepPreviousData, useInfiniteQuery } from "@tanstack/react-query";
import { Plus } from "lucide-react";
import Link from "next/link";
import { useRouter } from "next/navigation";
import { useTranslations } from "next-intl";
import { useState } from "react";
import { failureOf } from "../../lib/failure.ts";
import type { RouterRow } from "../../lib/rows.ts";
import { useTRPC } from "../../lib/trpc.ts";
import { usePermission } from "../../lib/use-permission.ts";
import { useProjectId } from "../../lib/use-project.ts";
import { useQueryState } from "../../lib/use-query-state.ts";
import { MoreRows } from "../instance/more-rows.tsx";
import { Page } from "../shell/page.tsx";
import { Moment } from "../timeline/moment.tsx";
import { Button } from "../ui/button.tsx";
import { type Column, DataTable } from "../ui/data-table.tsx";
import { EmptyState, YardDrawing } from "../ui/empty-state.tsx";
import { FailureNotice } from "../ui/failure-notice.tsx";
import { TextFilter } from "../ui/text-filter.tsx";
import { NewRouterDialog } from "./new-router-dialog.tsx";
import { isBeingSetUp, RouterState, settlingMs } from "./router-state.tsx";

const pageSize = 100;
const skeletonRows = 4;

function useRouters(projectId: string, text: string, sort: string) {
  const trpc = useTRPC();
  const query = useInfiniteQuery({
    ...trpc.router.list.infiniteQueryOptions(
      { projectId, filter: text ? { text } : {}, sort, limit: pageSize },
      { getNextPageParam: (page) => page.nextCursor ?? undefined, placeholderData: keepPreviousData },
    ),
    refetchInterval: ({ state }) =>
      state.data?.pages.some(({ items }) => items.some(isBeingSetUp)) ? settlingMs : false,
  });
  const pages = query.data?.pages ?? [];
  const rows = pages.flatMap((page) => page.items);
  return { query, rows, total: pages[0]?.total ?? 0, exact: pages[0]?.totalIsExact ?? true };
}

export function RouterListPage() {
  const t = useTranslations("routers");
  const tReasons = useTranslations("reasons");
  const router = useRouter();
  const projectId = useProjectId();
  const allowed = usePermission("router:create", projectId);
  const [text, setText] = useQueryState("q");
  const [sort, setSort] = useQueryState("sort");
  const [creating, setCreating] = useState(false);
  const { query, rows, total, exact } = useRouters(projectId, text ?? "", sort ?? "name");
  const empty = query.isSuccess && rows.length === 0;
  const open = (id: string) => router.push(`/p/${projectId}/routers/${id}`);
  const add = (
    <Button
      tone="primary"
      blocked={allowed ? null : tReasons("notPermitted")}
      onClick={() => setCreating(true)}
    >
      <Plus aria-hidden />
      {t("create")}
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
            <RouterTable
              rows={rows}
              loadingRows={query.isPending ? skeletonRows : 0}
              sort={sort ?? "name"}
              onSort={setSort}
              onOpen={({ id }) => open(id)}
            />
          )}
          <MoreRows query={query} shown={rows.length} total={total} />
        </div>
      )}
      {creating ? (
        <NewRouterDialog projectId={projectId} onClose={() => setCreating(false)} onCreated={open} />
      ) : null}
    </Page>
  );
}

type RouterTableProps = {
  rows: RouterRow[];
  loadingRows: number;
  sort: string;
  onSort: (sort: string) => void;
  onOpen: (router: RouterRow) => void;
};

function RouterTable({ rows, loadingRows, sort, onSort, onOpen }: RouterTableProps) {
  const t = useTranslations("routers");
  const columns: Column<RouterRow>[] = [
    {
      key: "name",
      title: t("name"),
      sort: "name",
      cell: (router) => (
        <span className="flex flex-col gap-0.5">
          <Link
            href={`/p/${router.projectId}/routers/${router.id}`}
            className="line-clamp-2 font-medium break-words hover:text-accent hover:underline"
          >
            {router.name}
          </Link>
          {router.description ? (
            <span className="line-clamp-2 text-label text-muted">{router.description}</span>
          ) : null}
        </span>
      ),
    },
    {
      key: "state",
      title: t("state"),
      className: "hidden @md:table-cell",
      cell: (router) => <RouterState router={router} />,
    },
    { key: "gateway", title: t("external"), cell: (router) => <Gateway router={router} /> },
    {
      key: "snat",
      title: t("snat"),
      className: "hidden whitespace-nowrap @2xl:table-cell",
      cell: (router) => t(router.snat ? "snatOn" : "snatOff"),
    },
    {
      key: "interfaces",
      title: t("interfaces"),
      className: "hidden text-right whitespace-nowrap tabular-nums @lg:table-cell",
      cell: (router) => router.interfaceCount,
    },
    {
      key: "routes",
      title: t("routes"),
      className: "hidden text-right whitespace-nowrap tabular-nums @2xl:table-cell",
      cell: (router) => router.routeCount,
    },
    {
      key: "createdAt",
      title: t("createdAt"),
      sort: "createdAt",
      className: "hidden whitespace-nowrap text-muted @3xl:table-cell",
      cell: (router) => <Moment date={router.createdAt} />,
    },
  ];
  return (
    <DataTable
      label={t("title")}
      columns={columns}
      rows={rows}
      rowKey={(router) => router.id}
      sort={sort}
      onSort={onSort}
      onRowClick={onOpen}
      loadingRows={loadingRows}
    />
  );
}

function Gateway({ router }: { router: RouterRow }) {
  const t = useTranslations("routers");
  if (!router.externalNetworkName) return <span className="text-muted">{t("noGateway")}</span>;
  return (
    <span className="flex flex-col gap-0.5">
      <span className="break-words">{router.externalNetworkName}</span>
      <code className="font-mono text-label text-muted">{router.gatewayAddress}</code>
    </span>
  );
}
