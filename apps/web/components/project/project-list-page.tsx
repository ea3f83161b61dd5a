"use client";

import { keepPreviousData, useInfiniteQuery } from "@tanstack/react-query";
import { Plus } from "lucide-react";
import { useRouter } from "next/navigation";
import { useTranslations } from "next-intl";
import { useState } from "react";
import { failureOf } from "../../lib/failure.ts";
import type { ProjectRow } from "../../lib/rows.ts";
import { useTRPC } from "../../lib/trpc.ts";
import { usePermission } from "../../lib/use-permission.ts";
import { useQueryState } from "../../lib/use-query-state.ts";
import { MoreRows } from "../instance/more-rows.tsx";
import { Page } from "../shell/page.tsx";
import { Button } from "../ui/button.tsx";
import { EmptyState, YardDrawing } from "../ui/empty-state.tsx";
import { FailureNotice } from "../ui/failure-notice.tsx";
import { Segments } from "../ui/segments.tsx";
import { TextFilter } from "../ui/text-filter.tsx";
import { DeleteProjectDialog } from "./delete-dialog.tsx";
import { DisableProjectDialog } from "./disable-dialog.tsx";
import { EditProjectDialog } from "./edit-dialog.tsx";
import { type ProjectAsk, ProjectTable } from "./project-table.tsx";
import { useEnableProject } from "./use-project-actions.tsx";

const pageSize = 100;
const skeletonRows = 8;
const states = ["enabled", "disabled", "deleting"] as const;

function useProjects(text: string, state: string | null, sort: string) {
  const trpc = useTRPC();
  const chosen = states.filter((one) => one === state);
  const filter = { ...(text ? { text } : {}), ...(chosen.length > 0 ? { state: chosen } : {}) };
  const query = useInfiniteQuery(
    trpc.admin.project.list.infiniteQueryOptions(
      { filter, sort, limit: pageSize },
      { getNextPageParam: (page) => page.nextCursor ?? undefined, placeholderData: keepPreviousData },
    ),
  );
  const pages = query.data?.pages ?? [];
  return { query, rows: pages.flatMap((page) => page.items), total: pages[0]?.total ?? 0 };
}

/** All projects of the cloud: how large they are, how full, and what becomes of them. */
export function ProjectListPage() {
  const t = useTranslations("admin.projects");
  const tReasons = useTranslations("reasons");
  const router = useRouter();
  const allowed = usePermission("project:manage", null);
  const [text, setText] = useQueryState("q");
  const [state, setState] = useQueryState("state");
  const [sort, setSort] = useQueryState("sort");
  const { query, rows, total } = useProjects(text ?? "", state, sort ?? "name");
  const add = (
    <Button
      tone="primary"
      blocked={allowed ? null : tReasons("notPermitted")}
      onClick={() => router.push("/admin/projects/new")}
    >
      <Plus aria-hidden />
      {t("create")}
    </Button>
  );
  const empty = query.isSuccess && rows.length === 0;
  const filtered = Boolean(text || state);
  const clear = () => {
    setText(null);
    setState(null);
  };
  return (
    <Page title={t("title")} about={t("about")} actions={empty && !filtered ? null : add}>
      {query.isError ? (
        <FailureNotice failure={failureOf(query.error)} onRetry={() => query.refetch()} />
      ) : null}
      {empty && !filtered ? (
        <EmptyState drawing={<YardDrawing />} title={t("empty.title")} about={t("empty.about")}>
          {add}
        </EmptyState>
      ) : (
        <div className="flex flex-col gap-3">
          <search className="flex flex-wrap items-center gap-3">
            <TextFilter text={text ?? ""} label={t("filter")} onText={setText} />
            <Segments
              label={t("stateFilter")}
              value={state ?? "all"}
              onChange={(next) => setState(next === "all" ? null : next)}
              options={["all", ...states].map((one) => ({ value: one, label: t(`states.${one}`) }))}
            />
          </search>
          {empty ? (
            <EmptyState title={t("nothing")}>
              <Button onClick={clear}>{t("clear")}</Button>
            </EmptyState>
          ) : (
            <ProjectsAndDialogs
              rows={rows}
              loadingRows={query.isPending ? skeletonRows : 0}
              sort={sort ?? "name"}
              onSort={setSort}
            />
          )}
          <MoreRows query={query} shown={rows.length} total={total} />
        </div>
      )}
    </Page>
  );
}

type Asked = { kind: Exclude<ProjectAsk, "enable">; project: ProjectRow };
type TableProps = { rows: ProjectRow[]; loadingRows: number; sort: string; onSort: (sort: string) => void };

function ProjectsAndDialogs(props: TableProps) {
  const router = useRouter();
  const [asked, setAsked] = useState<Asked | null>(null);
  const { setEnabled } = useEnableProject();
  const close = () => setAsked(null);
  const live = props.rows.find(({ id }) => id === asked?.project.id) ?? asked?.project;
  return (
    <>
      <ProjectTable
        {...props}
        onOpen={({ id }) => router.push(`/admin/projects/${id}`)}
        onAsk={(kind, project) =>
          kind === "enable" ? setEnabled(project, true) : setAsked({ kind, project })
        }
      />
      {asked?.kind === "edit" && live ? <EditProjectDialog project={live} onClose={close} /> : null}
      {asked?.kind === "disable" ? <DisableProjectDialog project={asked.project} onClose={close} /> : null}
      {asked?.kind === "delete" ? <DeleteProjectDialog project={asked.project} onClose={close} /> : null}
    </>
  );
}
