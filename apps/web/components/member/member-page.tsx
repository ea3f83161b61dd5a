"use client";

import { keepPreviousData, useInfiniteQuery } from "@tanstack/react-query";
import { UserPlus } from "lucide-react";
import { useTranslations } from "next-intl";
import { useState } from "react";
import { failureOf } from "../../lib/failure.ts";
import type { MemberRow } from "../../lib/rows.ts";
import { useTRPC } from "../../lib/trpc.ts";
import { useMe } from "../../lib/use-me.ts";
import { usePermission } from "../../lib/use-permission.ts";
import { useProjectId } from "../../lib/use-project.ts";
import { useQueryState } from "../../lib/use-query-state.ts";
import { MoreRows } from "../instance/more-rows.tsx";
import { Page } from "../shell/page.tsx";
import { Button } from "../ui/button.tsx";
import { EmptyState, YardDrawing } from "../ui/empty-state.tsx";
import { FailureNotice } from "../ui/failure-notice.tsx";
import { TextFilter } from "../ui/text-filter.tsx";
import { AddMemberDialog } from "./add-member-dialog.tsx";
import { MemberTable } from "./member-table.tsx";
import { RemoveMemberDialog } from "./remove-member-dialog.tsx";
import { RoleDialog } from "./role-dialog.tsx";

type Asked = { kind: "add" } | { kind: "change" | "remove"; member: MemberRow };
const pageSize = 100;
const skeletonRows = 4;

function useMembers(projectId: string, text: string, sort: string) {
  const trpc = useTRPC();
  const query = useInfiniteQuery(
    trpc.member.list.infiniteQueryOptions(
      { projectId, filter: text ? { text } : {}, sort, limit: pageSize },
      { getNextPageParam: (page) => page.nextCursor ?? undefined, placeholderData: keepPreviousData },
    ),
  );
  const pages = query.data?.pages ?? [];
  const rows = pages.flatMap((page) => page.items);
  return { query, rows, total: pages[0]?.total ?? 0, exact: pages[0]?.totalIsExact ?? true };
}

/** Who works in the project, and as what. */
export function MemberPage() {
  const t = useTranslations("members");
  const tReasons = useTranslations("reasons");
  const projectId = useProjectId();
  const project = useMe().projects.find(({ id }) => id === projectId);
  const allowed = usePermission("member:manage", projectId);
  const [text, setText] = useQueryState("q");
  const [sort, setSort] = useQueryState("sort");
  const [asked, setAsked] = useState<Asked | null>(null);
  const { query, rows, total, exact } = useMembers(projectId, text ?? "", sort ?? "name");
  const blocked = allowed ? null : tReasons("notPermitted");
  const add = (
    <Button tone="primary" blocked={blocked} onClick={() => setAsked({ kind: "add" })}>
      <UserPlus aria-hidden />
      {t("add")}
    </Button>
  );
  const empty = query.isSuccess && rows.length === 0;
  const of = { projectId, projectName: project?.name ?? "", held: project?.roles ?? [] };
  const close = () => setAsked(null);
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
            <MemberTable
              rows={rows}
              loadingRows={query.isPending ? skeletonRows : 0}
              blocked={blocked}
              held={of.held}
              sort={sort ?? "name"}
              onSort={setSort}
              onAsk={(kind, member) => setAsked({ kind, member })}
            />
          )}
          <MoreRows query={query} shown={rows.length} total={total} />
        </div>
      )}
      {asked?.kind === "add" ? <AddMemberDialog {...of} onClose={close} /> : null}
      {asked?.kind === "change" ? <RoleDialog {...of} member={asked.member} onClose={close} /> : null}
      {asked?.kind === "remove" ? <RemoveMemberDialog {...of} member={asked.member} onClose={close} /> : null}
    </Page>
  );
}
