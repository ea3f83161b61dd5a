"use client";

import { useInfiniteQuery, useMutation, useQueryClient } from "@tanstack/react-query";
import { Ellipsis, Pencil, Plus, Trash2 } from "lucide-react";
import { useTranslations } from "next-intl";
import { useState } from "react";
import type { Translate } from "../../lib/error-text.ts";
import { failureOf } from "../../lib/failure.ts";
import type { QuotaTemplateRow } from "../../lib/rows.ts";
import { useTRPC } from "../../lib/trpc.ts";
import { useFailureToast } from "../../lib/use-failure-toast.ts";
import { usePermission } from "../../lib/use-permission.ts";
import { MoreRows } from "../list/more-rows.tsx";
import { pageSize, paging, rowsOf } from "../list/pages.ts";
import { limitsWords } from "../quota/quota-words.ts";
import { Button, IconButton } from "../ui/button.tsx";
import { ConfirmDialog } from "../ui/confirm-dialog.tsx";
import { type Column, DataTable } from "../ui/data-table.tsx";
import { FailureNotice } from "../ui/failure-notice.tsx";
import { Menu, MenuItem } from "../ui/menu.tsx";
import { TemplateDialog } from "./template-dialog.tsx";

type Asked = { kind: "create" } | { kind: "edit" | "delete"; template: QuotaTemplateRow };
const skeletonRows = 3;

function useTemplates() {
  const trpc = useTRPC();
  const query = useInfiniteQuery(
    trpc.admin.quota.templates.infiniteQueryOptions({ limit: pageSize }, paging),
  );
  return { query, ...rowsOf(query) };
}

export function TemplateSection() {
  const t = useTranslations("admin.quotas");
  const tReasons = useTranslations("reasons");
  const allowed = usePermission("quota:manage", null);
  const [asked, setAsked] = useState<Asked | null>(null);
  const { query, rows, total } = useTemplates();
  const blocked = allowed ? null : tReasons("notPermitted");
  const close = () => setAsked(null);
  return (
    <div className="flex flex-col gap-3">
      {query.isError ? (
        <FailureNotice failure={failureOf(query.error)} onRetry={() => query.refetch()} />
      ) : null}
      {query.isSuccess && rows.length === 0 ? <p className="text-table text-muted">{t("empty")}</p> : null}
      {rows.length > 0 || query.isPending ? (
        <TemplateTable
          rows={rows}
          loadingRows={query.isPending ? skeletonRows : 0}
          blocked={blocked}
          onAsk={(kind, template) => setAsked({ kind, template })}
        />
      ) : null}
      <MoreRows query={query} shown={rows.length} total={total} />
      <Button className="self-start" blocked={blocked} onClick={() => setAsked({ kind: "create" })}>
        <Plus aria-hidden />
        {t("create")}
      </Button>
      {asked?.kind === "create" ? <TemplateDialog template={null} onClose={close} /> : null}
      {asked?.kind === "edit" ? (
        <TemplateDialog template={liveOf(rows, asked.template)} onClose={close} />
      ) : null}
      {asked?.kind === "delete" ? <DeleteTemplate template={asked.template} onClose={close} /> : null}
    </div>
  );
}

const liveOf = (rows: QuotaTemplateRow[], template: QuotaTemplateRow) =>
  rows.find(({ id }) => id === template.id) ?? template;

type TableProps = {
  rows: QuotaTemplateRow[];
  loadingRows: number;
  blocked: string | null;
  onAsk: (kind: "edit" | "delete", template: QuotaTemplateRow) => void;
};

function TemplateTable({ rows, loadingRows, blocked, onAsk }: TableProps) {
  const t: Translate = useTranslations();
  const columns: Column<QuotaTemplateRow>[] = [
    {
      key: "name",
      title: t("fields.name"),
      cell: (row) => (
        <span className="flex flex-col gap-0.5">
          <span className="font-medium break-words">{row.name}</span>
          {row.description ? <span className="text-label text-muted">{row.description}</span> : null}
          <span className="text-label text-muted @2xl:hidden">
            {limitsWords(t, row.limits, row.typeNames)}
          </span>
        </span>
      ),
    },
    {
      key: "limits",
      title: t("admin.quotas.limits"),
      className: "hidden w-2/3 @2xl:table-cell tabular-nums",
      cell: (row) => limitsWords(t, row.limits, row.typeNames),
    },
    {
      key: "actions",
      title: <span className="sr-only">{t("admin.projects.actions")}</span>,
      className: "w-px text-right",
      cell: (row) => (
        <Menu
          trigger={
            <IconButton size="iconSmall" label={t("admin.quotas.menu", { name: row.name })}>
              <Ellipsis aria-hidden />
            </IconButton>
          }
        >
          <MenuItem icon={<Pencil aria-hidden />} blocked={blocked} onSelect={() => onAsk("edit", row)}>
            {t("admin.quotas.edit")}
          </MenuItem>
          <MenuItem
            danger
            icon={<Trash2 aria-hidden />}
            blocked={blocked}
            onSelect={() => onAsk("delete", row)}
          >
            {t("admin.quotas.delete")}
          </MenuItem>
        </Menu>
      ),
    },
  ];
  return (
    <DataTable
      label={t("admin.quotas.templates")}
      columns={columns}
      rows={rows}
      rowKey={(row) => row.id}
      loadingRows={loadingRows}
    />
  );
}

function DeleteTemplate({ template, onClose }: { template: QuotaTemplateRow; onClose: () => void }) {
  const t = useTranslations("admin.quotas");
  const trpc = useTRPC();
  const queries = useQueryClient();
  const fail = useFailureToast();
  const remove = useMutation(
    trpc.admin.quota.deleteTemplate.mutationOptions({
      onSuccess: () => queries.invalidateQueries({ queryKey: trpc.admin.quota.pathKey() }),
      onError: fail,
      onSettled: onClose,
    }),
  );
  return (
    <ConfirmDialog
      open
      danger
      pending={remove.isPending}
      onClose={onClose}
      title={t("deleteTitle", { name: template.name })}
      about={t("deleteAbout")}
      verb={t("delete")}
      onConfirm={() => remove.mutate({ id: template.id })}
    />
  );
}
