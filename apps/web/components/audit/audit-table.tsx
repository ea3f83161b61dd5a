"use client";

import { PanelRight } from "lucide-react";
import { useTranslations } from "next-intl";
import type { AuditRow } from "../../lib/rows.ts";
import { Moment } from "../timeline/moment.tsx";
import { IconButton } from "../ui/button.tsx";
import { type Column, DataTable } from "../ui/data-table.tsx";
import { ResultMark } from "./result-mark.tsx";

type Props = {
  rows: AuditRow[];
  loadingRows: number;
  sort: string;
  onSort: (sort: string) => void;
  selected: string | null;
  onSelect: (id: string) => void;
};

/** Only people have names that others know; processes speak for themselves. */
function Actor({ row }: { row: AuditRow }) {
  const t = useTranslations("audit");
  return (
    <span className="flex min-w-0 flex-col">
      <span className="truncate font-medium">{row.actorName || t("nobody")}</span>
      {row.actorKind === "user" ? null : (
        <span className="text-label text-muted">
          {t.has(`actorKinds.${row.actorKind}`) ? t(`actorKinds.${row.actorKind}`) : row.actorKind}
        </span>
      )}
    </span>
  );
}

export function AuditTable({ rows, loadingRows, sort, onSort, selected, onSelect }: Props) {
  const t = useTranslations("audit");
  const columns: Column<AuditRow>[] = [
    {
      key: "when",
      title: t("columns.when"),
      sort: "createdAt",
      className: "whitespace-nowrap text-muted",
      cell: (row) => <Moment date={row.createdAt} />,
    },
    {
      key: "who",
      title: t("columns.who"),
      className: "hidden max-w-48 @xl:table-cell",
      cell: (row) => <Actor row={row} />,
    },
    {
      key: "what",
      title: t("columns.what"),
      className: "w-full max-w-0 @3xl:w-[22%]",
      cell: (row) => (
        <span className="flex min-w-0 flex-col">
          <code className="truncate font-mono text-label font-medium">{row.action}</code>
          <span className="truncate text-label text-muted @xl:hidden">
            {`${row.actorName} · ${row.resourceName}`}
          </span>
        </span>
      ),
    },
    {
      key: "resource",
      title: t("columns.resource"),
      className: "hidden max-w-0 @3xl:table-cell @3xl:w-[28%]",
      cell: (row) => (
        <span className="flex min-w-0 flex-col">
          <span className="truncate" title={row.resourceName}>
            {row.resourceName || "–"}
          </span>
          <span className="truncate text-label text-muted">
            {t.has(`kinds.${row.resourceKind}`) ? t(`kinds.${row.resourceKind}`) : row.resourceKind}
            {row.projectName ? ` · ${row.projectName}` : ""}
          </span>
        </span>
      ),
    },
    {
      key: "address",
      title: t("columns.address"),
      className: "hidden @5xl:table-cell",
      cell: (row) => <code className="font-mono text-label">{row.address ?? "–"}</code>,
    },
    {
      key: "result",
      title: t("columns.result"),
      className: "hidden @2xl:table-cell",
      cell: (row) => <ResultMark result={row.result} />,
    },
    {
      key: "open",
      title: <span className="sr-only">{t("columns.open")}</span>,
      className: "w-px",
      cell: (row) => (
        <IconButton
          size="iconSmall"
          label={t("look", { action: row.action, name: row.resourceName })}
          aria-expanded={selected === row.id}
          data-glance={row.id}
          onClick={() => onSelect(row.id)}
        >
          <PanelRight aria-hidden />
        </IconButton>
      ),
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
      selected={selected}
      onRowClick={(row) => onSelect(row.id)}
      loadingRows={loadingRows}
    />
  );
}
