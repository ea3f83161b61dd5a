"use client";

import { keepPreviousData, useInfiniteQuery } from "@tanstack/react-query";
import { Plus } from "lucide-react";
import Link from "next/link";
import { useRouter } from "next/navigation";
import { useTranslations } from "next-intl";
import { useState } from "react";
import { failureOf } from "../../lib/failure.ts";
import type { SecurityGroupRow } from "../../lib/rows.ts";
import { useTRPC } from "../../lib/trpc.ts";
import { usePermission } from "../../lib/use-permission.ts";
import { useProjectId } from "../../lib/use-project.ts";
import { useQueryState } from "../../lib/use-query-state.ts";
import { MoreRows } from "../instance/more-rows.tsx";
import { Page } from "../shell/page.tsx";
import { Moment } from "../timeline/moment.tsx";
import { Button } from "../ui/button.tsx";
import { type Column, DataTable } from "../ui/data-table.tsx";
import { EmptyState, KeyDrawing } from "../ui/empty-state.tsx";
import { FailureNotice } from "../ui/failure-notice.tsx";
import { TextFilter } from "../ui/text-filter.tsx";
import { GroupDialog } from "./group-dialog.tsx";

const pageSize = 100;
const skeletonRows = 3;

function useGroups(projectId: string, text: string, sort: string) {
  const trpc = useTRPC();
  const query = useInfiniteQuery(
    trpc.securityGroup.list.infiniteQueryOptions(
      { projectId, filter: text ? { text } : {}, sort, limit: pageSize },
      { getNextPageParam: (page) => page.nextCursor ?? undefined, placeholderData: keepPreviousData },
    ),
  );
  const pages = query.data?.pages ?? [];
  return { query, rows: pages.flatMap((page) => page.items), total: pages[0]?.total ?? 0 };
}

export function SecurityGroupListPage() {
  const t = useTranslations("securityGroups");
  const tReasons = useTranslations("reasons");
  const router = useRouter();
  const projectId = useProjectId();
  const allowed = usePermission("security_group:create", projectId);
  const [text, setText] = useQueryState("q");
  const [sort, setSort] = useQueryState("sort");
  const [creating, setCreating] = useState(false);
  const { query, rows, total } = useGroups(projectId, text ?? "", sort ?? "name");
  const empty = query.isSuccess && rows.length === 0;
  const base = `/p/${projectId}/security-groups`;
  const create = (
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
    <Page title={t("title")} about={t("about")} actions={empty && !text ? null : create}>
      {query.isError ? (
        <FailureNotice failure={failureOf(query.error)} onRetry={() => query.refetch()} />
      ) : null}
      {empty && !text ? (
        <EmptyState drawing={<KeyDrawing />} title={t("empty.title")} about={t("empty.about")}>
          {create}
        </EmptyState>
      ) : (
        <div className="@container flex flex-col gap-3">
          <div className="flex flex-wrap items-center justify-between gap-2">
            <search className="w-full sm:w-auto">
              <TextFilter text={text ?? ""} label={t("filter")} onText={setText} />
            </search>
            <p role="status" className="text-label text-muted tabular-nums">
              {query.isSuccess ? t("total", { count: total }) : ""}
            </p>
          </div>
          {empty ? (
            <EmptyState title={t("nothing", { text: text ?? "" })}>
              <Button onClick={() => setText(null)}>{t("clear")}</Button>
            </EmptyState>
          ) : (
            <GroupTable
              base={base}
              rows={rows}
              loadingRows={query.isPending ? skeletonRows : 0}
              sort={sort ?? "name"}
              onSort={setSort}
              onOpen={({ id }) => router.push(`${base}/${id}`)}
            />
          )}
          <MoreRows query={query} shown={rows.length} total={total} />
        </div>
      )}
      {creating ? (
        <GroupDialog
          projectId={projectId}
          group={null}
          onClose={() => setCreating(false)}
          onCreated={(id) => router.push(`${base}/${id}`)}
        />
      ) : null}
    </Page>
  );
}

type GroupTableProps = {
  base: string;
  rows: SecurityGroupRow[];
  loadingRows: number;
  sort: string;
  onSort: (sort: string) => void;
  onOpen: (row: SecurityGroupRow) => void;
};

function GroupTable({ base, rows, loadingRows, sort, onSort, onOpen }: GroupTableProps) {
  const t = useTranslations("securityGroups");
  const columns: Column<SecurityGroupRow>[] = [
    {
      key: "name",
      title: t("columns.name"),
      sort: "name",
      cell: (row) => (
        <span className="flex min-w-0 flex-col gap-0.5">
          <Link
            href={`${base}/${row.id}`}
            className="line-clamp-2 font-medium break-words hover:text-accent hover:underline"
          >
            {row.name}
          </Link>
          {row.description ? (
            <span className="line-clamp-2 text-label text-muted">{row.description}</span>
          ) : null}
        </span>
      ),
    },
    {
      key: "rules",
      title: t("columns.rules"),
      className: "text-right whitespace-nowrap tabular-nums",
      cell: (row) => row.ruleCount,
    },
    {
      key: "ports",
      title: t("columns.ports"),
      className: "text-right whitespace-nowrap tabular-nums",
      cell: (row) => row.portCount,
    },
    {
      key: "state",
      title: t("columns.state"),
      className: "hidden whitespace-nowrap @lg:table-cell",
      cell: (row) => (
        <span className={row.applied ? "text-muted" : "text-changing"}>
          {t(row.applied ? "applied" : "applying")}
        </span>
      ),
    },
    {
      key: "createdAt",
      title: t("columns.created"),
      sort: "createdAt",
      className: "hidden whitespace-nowrap text-muted @xl:table-cell",
      cell: (row) => <Moment date={row.createdAt} />,
    },
  ];
  return (
    <DataTable
      label={t("title")}
      columns={columns}
      rows={rows}
      rowKey={(row) => row.id}
      sort={sort}
      onSort={onSort}
      onRowClick={onOpen}
      loadingRows={loadingRows}
    />
  );
}
