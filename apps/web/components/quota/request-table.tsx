"use client";

import type { QuotaLine } from "@madang/core/quota/resource";
import { useFormatter, useTranslations } from "next-intl";
import { useState } from "react";
import type { Translate } from "../../lib/error-text.ts";
import { failureOf } from "../../lib/failure.ts";
import type { QuotaRequestRow } from "../../lib/rows.ts";
import { usePermission } from "../../lib/use-permission.ts";
import { MoreRows } from "../list/more-rows.tsx";
import { Moment } from "../timeline/moment.tsx";
import { Button } from "../ui/button.tsx";
import { type Column, DataTable } from "../ui/data-table.tsx";
import { EmptyState } from "../ui/empty-state.tsx";
import { FailureNotice } from "../ui/failure-notice.tsx";
import { limitsWords } from "./quota-words.ts";
import { RequestDialog } from "./request-dialog.tsx";
import { RequestState } from "./request-state.tsx";
import { useQuotaRequests, useWithdraw } from "./use-quota-requests.ts";

const skeletonRows = 2;

/** What the project asked for, with what became of it. */
export function RequestTable({ projectId, lines }: { projectId: string; lines: readonly QuotaLine[] }) {
  const t: Translate = useTranslations();
  const { query, rows, total } = useQuotaRequests(projectId);
  const [amended, setAmended] = useState<QuotaRequestRow | null>(null);
  const columns = useColumns(projectId, setAmended);
  if (query.isError)
    return <FailureNotice failure={failureOf(query.error)} onRetry={() => query.refetch()} />;
  if (query.isSuccess && rows.length === 0)
    return <EmptyState heading="h2" title={t("quota.none.title")} about={t("quota.none.about")} />;
  return (
    <>
      <DataTable
        label={t("quota.requests")}
        columns={columns}
        rows={rows}
        rowKey={(row) => row.id}
        loadingRows={query.isPending ? skeletonRows : 0}
      />
      <MoreRows query={query} shown={rows.length} total={total} />
      {amended ? (
        <RequestDialog
          projectId={projectId}
          lines={lines}
          amended={rows.find(({ id }) => id === amended.id) ?? amended}
          onClose={() => setAmended(null)}
        />
      ) : null}
    </>
  );
}

function useColumns(projectId: string, onAmend: (row: QuotaRequestRow) => void): Column<QuotaRequestRow>[] {
  const t: Translate = useTranslations();
  const barred = usePermission("quota:request", projectId) ? null : t("reasons.notPermitted");
  return [
    {
      key: "asked",
      title: t("quota.columns.asked"),
      className: "align-top",
      cell: (row) => (
        <div className="flex min-w-0 flex-col gap-0.5">
          <span className="font-medium">{limitsWords(t, row.asked, row.typeNames)}</span>
          <span className="text-label text-muted">
            {row.userName} · <Moment date={row.createdAt} />
          </span>
          <p className="text-label break-words whitespace-pre-wrap">{row.reason}</p>
          <div className="mt-1 @2xl:hidden">
            <Outcome row={row} />
          </div>
        </div>
      ),
    },
    {
      key: "state",
      title: t("quota.columns.state"),
      className: "hidden w-2/5 align-top @2xl:table-cell",
      cell: (row) => <Outcome row={row} />,
    },
    {
      key: "actions",
      title: <span className="sr-only">{t("quota.columns.actions")}</span>,
      className: "w-px text-right align-top whitespace-nowrap",
      cell: (row) =>
        row.state === "pending" ? <Actions row={row} barred={barred} onAmend={() => onAmend(row)} /> : null,
    },
  ];
}

function Actions({
  row,
  barred,
  onAmend,
}: {
  row: QuotaRequestRow;
  barred: string | null;
  onAmend: () => void;
}) {
  const t: Translate = useTranslations();
  const withdraw = useWithdraw();
  const { id, projectId, generation } = row;
  return (
    <div className="flex justify-end gap-1.5 max-sm:flex-col max-sm:items-end">
      <Button size="small" blocked={barred} onClick={onAmend}>
        {t("quota.amend")}
      </Button>
      <Button
        size="small"
        blocked={barred}
        disabled={withdraw.isPending}
        onClick={() => withdraw.mutate({ id, projectId, generation })}
      >
        {t("quota.withdraw")}
      </Button>
    </div>
  );
}

function Outcome({ row }: { row: QuotaRequestRow }) {
  const t: Translate = useTranslations();
  const format = useFormatter();
  const { state, granted, expiresAt, decidedBy, decidedAt, answer } = row;
  const until = expiresAt ? format.dateTime(expiresAt, { dateStyle: "medium", timeStyle: "short" }) : null;
  return (
    <div className="flex min-w-0 flex-col gap-0.5">
      <RequestState state={state} />
      {granted ? (
        <span>{t("quota.granted", { granted: limitsWords(t, granted, row.typeNames) })}</span>
      ) : null}
      {until ? <span className="text-label">{t("quota.until", { at: until })}</span> : null}
      {decidedAt ? (
        <span className="text-label text-muted">
          {decidedBy} · <Moment date={decidedAt} />
        </span>
      ) : null}
      {answer ? <p className="text-label break-words whitespace-pre-wrap">{answer}</p> : null}
    </div>
  );
}
