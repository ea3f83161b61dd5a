"use client";

import { Plus } from "lucide-react";
import { useTranslations } from "next-intl";
import { failureOf } from "../../lib/failure.ts";
import { usePermission } from "../../lib/use-permission.ts";
import { useProjectId } from "../../lib/use-project.ts";
import { useQueryState } from "../../lib/use-query-state.ts";
import { Page } from "../shell/page.tsx";
import { Button, ButtonLink } from "../ui/button.tsx";
import { EmptyState, YardDrawing } from "../ui/empty-state.tsx";
import { FailureNotice } from "../ui/failure-notice.tsx";
import { InstancePanel } from "./instance-panel.tsx";
import { InstanceTable } from "./instance-table.tsx";
import { ListFilters } from "./list-filters.tsx";
import { MoreRows } from "./more-rows.tsx";
import { useInstances } from "./use-instances.ts";

const defaultSort = "-createdAt";
const skeletonRows = 6;

/** The project's instances. What is filtered, sorted and selected stands in the address. */
export function InstanceListPage() {
  const t = useTranslations("instances");
  const projectId = useProjectId();
  const mayCreate = usePermission("instance:create", projectId);
  const [text, setText] = useQueryState("q");
  const [status, setStatus] = useQueryState("status");
  const [sort, setSort] = useQueryState("sort");
  const [selected, setSelected] = useQueryState("selected");
  const filter = { text: text ?? "", status: status ? status.split(",") : [], sort: sort ?? defaultSort };
  const { query, rows, total, totalIsExact } = useInstances(projectId, filter);
  const filtered = Boolean(text || status);
  const launch = mayCreate ? (
    <ButtonLink href={`/p/${projectId}/instances/launch`} tone="primary">
      <Plus aria-hidden />
      {t("launch")}
    </ButtonLink>
  ) : null;
  const empty = query.isSuccess && rows.length === 0;
  if (empty && !filtered) {
    return (
      <Page title={t("title")}>
        <EmptyState drawing={<YardDrawing />} title={t("empty.title")} about={t("empty.about")}>
          {launch}
        </EmptyState>
      </Page>
    );
  }
  const clear = () => {
    setText(null);
    setStatus(null);
  };
  return (
    <div className="flex">
      <div className="@container min-w-0 flex-1">
        <Page title={t("title")} actions={launch}>
          <div className="flex flex-col gap-3">
            <div className="flex flex-wrap items-center justify-between gap-2">
              <ListFilters text={filter.text} status={filter.status} onText={setText} onStatus={setStatus} />
              <p role="status" className="text-label text-muted tabular-nums">
                {query.isSuccess ? t(totalIsExact ? "total" : "totalOver", { count: total }) : ""}
              </p>
            </div>
            {query.isError ? (
              <FailureNotice failure={failureOf(query.error)} onRetry={() => query.refetch()} />
            ) : null}
            {empty ? (
              <EmptyState
                title={t("nothing.title")}
                about={t("nothing.about", { filter: filterWords(t, text, status) })}
              >
                <Button onClick={clear}>{t("nothing.clear")}</Button>
              </EmptyState>
            ) : (
              <InstanceTable
                projectId={projectId}
                rows={rows}
                loadingRows={query.isPending ? skeletonRows : 0}
                sort={filter.sort}
                onSort={setSort}
                selected={selected}
                onSelect={(id) => setSelected(id === selected ? null : id)}
              />
            )}
            <MoreRows query={query} shown={rows.length} total={total} />
          </div>
        </Page>
      </div>
      {selected ? (
        <InstancePanel projectId={projectId} id={selected} onClose={() => setSelected(null)} />
      ) : null}
    </div>
  );
}

function filterWords(
  t: ReturnType<typeof useTranslations<"instances">>,
  text: string | null,
  status: string | null,
): string {
  const words = text ? [t("nothing.text", { text })] : [];
  return [...words, ...(status ? [t("nothing.status", { status })] : [])].join(", ");
}
