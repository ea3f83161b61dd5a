"use client";

import { keepPreviousData, useInfiniteQuery } from "@tanstack/react-query";
import { Plus } from "lucide-react";
import Link from "next/link";
import { useRouter } from "next/navigation";
import { useTranslations } from "next-intl";
import { useState } from "react";
import { failureOf } from "../../lib/failure.ts";
import type { GroupRow } from "../../lib/rows.ts";
import { useTRPC } from "../../lib/trpc.ts";
import { usePermission } from "../../lib/use-permission.ts";
import { useQueryState } from "../../lib/use-query-state.ts";
import { MoreRows } from "../instance/more-rows.tsx";
import { Page } from "../shell/page.tsx";
import { Moment } from "../timeline/moment.tsx";
import { Button } from "../ui/button.tsx";
import { type Column, DataTable } from "../ui/data-table.tsx";
import { EmptyState, YardDrawing } from "../ui/empty-state.tsx";
import { FailureNotice } from "../ui/failure-notice.tsx";
import { TextFilter } from "../ui/text-filter.tsx";
import { GroupDialog } from "./group-dialog.tsx";

const pageSize = 100;
const skeletonRows = 4;

function useGroups(text: string, sort: string) {
  const trpc = useTRPC();
  const query = useInfiniteQuery(
    trpc.admin.group.list.infiniteQueryOptions(
      { filter: text ? { text } : {}, sort, limit: pageSize },
      { getNextPageParam: (page) => page.nextCursor ?? undefined, placeholderData: keepPreviousData },
    ),
  );
  const pages = query.data?.pages ?? [];
  const rows = pages.flatMap((page) => page.items);
  return { query, rows, total: pages[0]?.total ?? 0, exact: pages[0]?.totalIsExact ?? true };
}

export function GroupListPage() {
  const t = useTranslations("admin.groups");
  const tReasons = useTranslations("reasons");
  const router = useRouter();
  const allowed = usePermission("group:manage", null);
  const [text, setText] = useQueryState("q");
  const [sort, setSort] = useQueryState("sort");
  const [creating, setCreating] = useState(false);
  const { query, rows, total, exact } = useGroups(text ?? "", sort ?? "name");
  const empty = query.isSuccess && rows.length === 0;
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
            <GroupTable
              rows={rows}
              loadingRows={query.isPending ? skeletonRows : 0}
              sort={sort ?? "name"}
              onSort={setSort}
              onOpen={(group) => router.push(`/admin/groups/${group.id}`)}
            />
          )}
          <MoreRows query={query} shown={rows.length} total={total} />
        </div>
      )}
      {creating ? (
        <GroupDialog
          group={null}
          onClose={() => setCreating(false)}
          onCreated={(id) => router.push(`/admin/groups/${id}`)}
        />
      ) : null}
    </Page>
  );
}

type GroupTableProps = {
  rows: GroupRow[];
  loadingRows: number;
  sort: string;
  onSort: (sort: string) => void;
  onOpen: (group: GroupRow) => void;
};

function GroupTable({ rows, loadingRows, sort, onSort, onOpen }: GroupTableProps) {
  const t = useTranslations("admin.groups");
  const columns: Column<GroupRow>[] = [
    {
      key: "name",
      title: t("name"),
      sort: "name",
      cell: (group) => (
        <span className="flex flex-col gap-0.5">
          <Link
            href={`/admin/groups/${group.id}`}
            className="line-clamp-2 font-medium break-words hover:text-accent hover:underline"
          >
            {group.name}
          </Link>
          {group.description ? (
            <span className="line-clamp-2 text-label text-muted">{group.description}</span>
          ) : null}
        </span>
      ),
    },
    {
      key: "members",
      title: t("members"),
      className: "text-right whitespace-nowrap tabular-nums",
      cell: (group) => group.members,
    },
    {
      key: "projects",
      title: t("projects"),
      className: "text-right whitespace-nowrap tabular-nums",
      cell: (group) => group.projects,
    },
    {
      key: "createdAt",
      title: t("createdAt"),
      sort: "createdAt",
      className: "hidden whitespace-nowrap text-muted @xl:table-cell",
      cell: (group) => <Moment date={group.createdAt} />,
    },
  ];
  return (
    <DataTable
      label={t("title")}
      columns={columns}
      rows={rows}
      rowKey={(group) => group.id}
      sort={sort}
      onSort={onSort}
      onRowClick={onOpen}
      loadingRows={loadingRows}
    />
  );
}
