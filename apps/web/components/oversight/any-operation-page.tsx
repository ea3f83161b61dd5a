"use client";

import { anyOperationFields } from "@madang/core/filter/log-fields";
import { useInfiniteQuery } from "@tanstack/react-query";
import { CircleAlert, CircleCheck, Clock, LoaderCircle, type LucideIcon, Minus } from "lucide-react";
import { useTranslations } from "next-intl";
import { errorText, type Translate } from "../../lib/error-text.ts";
import { failureOf } from "../../lib/failure.ts";
import type { AnyOperationRow } from "../../lib/rows.ts";
import { useTRPC } from "../../lib/trpc.ts";
import { useQueryState } from "../../lib/use-query-state.ts";
import { FilterBox } from "../filter/filter-box.tsx";
import { MoreRows } from "../list/more-rows.tsx";
import { pageSize, paging, rowsOf } from "../list/pages.ts";
import { Page } from "../shell/page.tsx";
import { Moment } from "../timeline/moment.tsx";
import { Button } from "../ui/button.tsx";
import { cn } from "../ui/class-names.ts";
import { type Column, DataTable } from "../ui/data-table.tsx";
import { EmptyState, YardDrawing } from "../ui/empty-state.tsx";
import { FailureNotice } from "../ui/failure-notice.tsx";
import { RowLink } from "../ui/row-link.tsx";
import { Segments } from "../ui/segments.tsx";

const refreshMs = 5_000;
const views = ["open", "stuck", "failed", "ended"] as const;

/** Long work of all projects: what runs, what hangs, what went wrong. */
export function AnyOperationPage() {
  const t = useTranslations("anyOperations");
  const trpc = useTRPC();
  const [view, setView] = useQueryState("show");
  const [text, setText] = useQueryState("q");
  const show = views.find((one) => one === view) ?? "open";
  const query = useInfiniteQuery(
    trpc.admin.operation.list.infiniteQueryOptions(
      { filter: { show, ...(text ? { text } : {}) }, limit: pageSize },
      {
        ...paging,
        refetchInterval: ({ state }) => ((state.data?.pages.length ?? 0) === 1 ? refreshMs : false),
      },
    ),
  );
  const { rows, total, exact } = rowsOf(query);
  const empty = query.isSuccess && rows.length === 0;
  return (
    <Page title={t("title")} about={t("about")}>
      <div className="flex flex-col gap-3">
        <div className="flex flex-wrap items-center justify-between gap-2">
          <div className="flex min-w-0 flex-wrap items-center gap-2">
            <Segments
              label={t("show")}
              value={show}
              onChange={(value) => setView(value === "open" ? null : value)}
              options={views.map((value) => ({ value, label: t(`views.${value}`) }))}
            />
            <FilterBox
              list="anyOperations"
              text={text ?? ""}
              label={t("textLabel")}
              fields={anyOperationFields}
              onText={setText}
            />
          </div>
          <p role="status" className="text-label text-muted tabular-nums">
            {query.isSuccess ? t(exact ? "total" : "totalOver", { count: total }) : ""}
          </p>
        </div>
        {query.isError ? (
          <FailureNotice failure={failureOf(query.error)} onRetry={() => query.refetch()} />
        ) : null}
        {empty ? (
          <EmptyState
            drawing={<YardDrawing />}
            title={t(text ? "nothing" : `empty.${show}`)}
            about={t(text ? "nothingAbout" : `emptyAbout.${show}`)}
          >
            {text ? <Button onClick={() => setText(null)}>{t("clear")}</Button> : null}
          </EmptyState>
        ) : (
          <Rows rows={rows} loadingRows={query.isPending ? 6 : 0} />
        )}
        <MoreRows query={query} shown={rows.length} total={total} />
      </div>
    </Page>
  );
}

function Rows({ rows, loadingRows }: { rows: AnyOperationRow[]; loadingRows: number }) {
  const t = useTranslations("anyOperations");
  const columns: Column<AnyOperationRow>[] = [
    {
      key: "what",
      title: t("columns.what"),
      className: "w-full max-w-0 @2xl:w-[34%]",
      cell: (row) => <What row={row} />,
    },
    {
      key: "state",
      title: t("columns.state"),
      className: "hidden @md:table-cell",
      cell: (row) => <State row={row} />,
    },
    {
      key: "project",
      title: t("columns.project"),
      className: "hidden max-w-40 truncate @2xl:table-cell",
      cell: (row) => row.projectName ?? "–",
    },
    {
      key: "actor",
      title: t("columns.actor"),
      className: "hidden max-w-40 truncate @3xl:table-cell",
      cell: (row) => row.actorName,
    },
    {
      key: "since",
      title: t("columns.since"),
      className: "whitespace-nowrap text-muted",
      cell: (row) => <Moment date={row.createdAt} />,
    },
    {
      key: "trail",
      title: <span className="sr-only">{t("columns.trail")}</span>,
      className: "hidden w-px whitespace-nowrap @xl:table-cell",
      cell: (row) => (
        <RowLink href={`/admin/audit?requestId=${row.requestId}`} className="text-accent hover:underline">
          {t("trail")}
        </RowLink>
      ),
    },
  ];
  return (
    <DataTable
      label={t("title")}
      columns={columns}
      rows={rows}
      rowKey={(row) => row.id}
      loadingRows={loadingRows}
    />
  );
}

function What({ row }: { row: AnyOperationRow }) {
  const t: Translate = useTranslations();
  const kind = t.has(`operationKinds.${row.kind}`) ? t(`operationKinds.${row.kind}`) : row.kind;
  const leads = row.resourceKind === "instance" && row.projectId;
  return (
    <span className="flex min-w-0 flex-col">
      <span className="min-w-0 break-words">
        {kind}{" "}
        {leads ? (
          <RowLink
            href={`/p/${row.projectId}/instances/${row.resourceId}`}
            className="font-medium text-accent hover:underline"
          >
            {row.resourceName}
          </RowLink>
        ) : (
          <span className="font-medium">{row.resourceName}</span>
        )}
      </span>
      <span className="@md:hidden">
        <State row={row} />
      </span>
      <span className="text-label text-muted @2xl:hidden">
        {[row.projectName, row.actorName].filter(Boolean).join(" · ")}
      </span>
      {row.error ? <span className="text-label text-danger">{errorText(t, row.error)}</span> : null}
    </span>
  );
}

const looks: Record<AnyOperationRow["state"], { icon: LucideIcon; tone: string }> = {
  pending: { icon: Clock, tone: "text-muted" },
  running: { icon: LoaderCircle, tone: "text-changing" },
  succeeded: { icon: CircleCheck, tone: "text-running" },
  failed: { icon: CircleAlert, tone: "text-danger" },
  cancelled: { icon: Minus, tone: "text-muted" },
};

function State({ row }: { row: AnyOperationRow }) {
  const t = useTranslations();
  const { icon: Icon, tone } = row.stuck ? { icon: CircleAlert, tone: "text-danger" } : looks[row.state];
  const open = row.state === "pending" || row.state === "running";
  return (
    <span className="inline-flex items-center gap-1.5 whitespace-nowrap tabular-nums">
      <Icon aria-hidden className={cn("size-4 shrink-0", tone)} />
      {row.stuck ? t("anyOperations.stuck") : t(`operationStates.${row.state}`)}
      {open ? ` ${row.percent}%` : ""}
    </span>
  );
}
