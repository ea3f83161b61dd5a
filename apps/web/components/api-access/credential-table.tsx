"use client";

import { Trash2 } from "lucide-react";
import { useFormatter, useTranslations } from "next-intl";
import type { Translate } from "../../lib/error-text.ts";
import type { CredentialRow } from "../../lib/rows.ts";
import { Moment } from "../timeline/moment.tsx";
import { IconButton } from "../ui/button.tsx";
import { CopyableId } from "../ui/copyable.tsx";
import { type Column, DataTable } from "../ui/data-table.tsx";
import { Tooltip } from "../ui/tooltip.tsx";

type CredentialTableProps = {
  rows: CredentialRow[];
  /** Of others too: then each row says whose it is. */
  withOwner: boolean;
  loadingRows: number;
  onDelete: (row: CredentialRow) => void;
};

export function CredentialTable({ rows, withOwner, loadingRows, onDelete }: CredentialTableProps) {
  const t: Translate = useTranslations();
  const owner: Column<CredentialRow> = {
    key: "owner",
    title: t("apiAccess.columns.owner"),
    className: "hidden @xl:table-cell",
    cell: (row) => row.owner.name,
  };
  const columns: Column<CredentialRow>[] = [
    { key: "name", title: t("fields.name"), cell: (row) => <Name row={row} /> },
    ...(withOwner ? [owner] : []),
    {
      key: "role",
      title: t("apiAccess.columns.role"),
      cell: (row) => row.roles.join(", "),
    },
    {
      key: "rules",
      title: t("apiAccess.columns.rules"),
      className: "hidden @3xl:table-cell",
      cell: (row) => <Rules row={row} />,
    },
    {
      key: "expires",
      title: t("apiAccess.columns.expires"),
      className: "hidden whitespace-nowrap @lg:table-cell",
      cell: (row) => <Expiry row={row} />,
    },
    {
      key: "used",
      title: t("apiAccess.columns.used"),
      className: "hidden whitespace-nowrap text-muted @2xl:table-cell",
      cell: (row) => (row.lastUsedAt ? <Moment date={row.lastUsedAt} /> : t("apiAccess.neverUsed")),
    },
    {
      key: "id",
      title: t("facts.id"),
      className: "hidden @4xl:table-cell",
      cell: (row) => <CopyableId id={row.id} what={t("facts.id")} />,
    },
    {
      key: "actions",
      title: <span className="sr-only">{t("apiAccess.columns.actions")}</span>,
      className: "w-px text-right whitespace-nowrap",
      cell: (row) => (
        <IconButton
          size="iconSmall"
          label={t("apiAccess.deleteLabel", { name: row.name })}
          onClick={() => onDelete(row)}
        >
          <Trash2 aria-hidden />
        </IconButton>
      ),
    },
  ];
  return (
    <DataTable
      label={t("apiAccess.credentials")}
      columns={columns}
      rows={rows}
      rowKey={(row) => row.id}
      loadingRows={loadingRows}
    />
  );
}

function Name({ row }: { row: CredentialRow }) {
  return (
    <span className="flex min-w-0 flex-col">
      <span className="font-medium break-words">{row.name}</span>
      {row.expired ? (
        <span className="text-label @lg:hidden">
          <Expiry row={row} />
        </span>
      ) : null}
      {row.description ? <span className="text-label break-words text-muted">{row.description}</span> : null}
    </span>
  );
}

function Rules({ row }: { row: CredentialRow }) {
  const t = useTranslations("apiAccess");
  if (row.accessRules === null) return <span className="text-muted">{t("rulesAll")}</span>;
  return (
    <Tooltip words={row.accessRules.join(", ")}>
      <button type="button" className="cursor-help underline decoration-dotted underline-offset-4">
        {t("rulesCount", { count: row.accessRules.length })}
      </button>
    </Tooltip>
  );
}

function Expiry({ row }: { row: CredentialRow }) {
  const t = useTranslations("apiAccess");
  const format = useFormatter();
  if (!row.expiresAt) return <span className="text-muted">{t("never")}</span>;
  const date = format.dateTime(row.expiresAt, { dateStyle: "medium" });
  return row.expired ? (
    <span className="text-danger">{t("expired", { date })}</span>
  ) : (
    <time dateTime={row.expiresAt.toISOString()}>{date}</time>
  );
}
