"use client";

import { Plus } from "lucide-react";
import Link from "next/link";
import { useRouter } from "next/navigation";
import { useTranslations } from "next-intl";
import { useState } from "react";
import { failureOf } from "../../lib/failure.ts";
import type { NetworkRow } from "../../lib/rows.ts";
import { usePermission } from "../../lib/use-permission.ts";
import { useProjectId } from "../../lib/use-project.ts";
import { useQueryState } from "../../lib/use-query-state.ts";
import { MoreRows } from "../instance/more-rows.tsx";
import { Page } from "../shell/page.tsx";
import { Moment } from "../timeline/moment.tsx";
import { Button } from "../ui/button.tsx";
import { type Column, DataTable } from "../ui/data-table.tsx";
import { EmptyState } from "../ui/empty-state.tsx";
import { FailureNotice } from "../ui/failure-notice.tsx";
import { TextFilter } from "../ui/text-filter.tsx";
import { CreateNetworkDialog } from "./network-dialog.tsx";
import { NetworkDrawing } from "./network-drawing.tsx";
import { StatusMark } from "./status-mark.tsx";
import { useNetworks } from "./use-networks.ts";

const skeletonRows = 3;

/** The project's own networks, and those of the cloud that it may use. */
export function NetworkListPage() {
  const t = useTranslations("networks");
  const tReasons = useTranslations("reasons");
  const router = useRouter();
  const projectId = useProjectId();
  const allowed = usePermission("network:create", projectId);
  const [text, setText] = useQueryState("q");
  const [sort, setSort] = useQueryState("sort");
  const [creating, setCreating] = useState(false);
  const { query, rows, total } = useNetworks(projectId, text ?? "", sort ?? "name");
  const empty = query.isSuccess && rows.length === 0;
  const base = `/p/${projectId}/networks`;
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
    <Page
      title={t("title")}
      about={empty && !text ? null : t("about")}
      actions={empty && !text ? null : create}
    >
      {query.isError ? (
        <FailureNotice failure={failureOf(query.error)} onRetry={() => query.refetch()} />
      ) : null}
      {empty && !text ? (
        <EmptyState drawing={<NetworkDrawing />} title={t("empty.title")} about={t("empty.about")}>
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
            <NetworkTable
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
        <CreateNetworkDialog
          projectId={projectId}
          onClose={() => setCreating(false)}
          onCreated={(id) => router.push(`${base}/${id}`)}
        />
      ) : null}
    </Page>
  );
}

type NetworkTableProps = {
  base: string;
  rows: NetworkRow[];
  loadingRows: number;
  sort: string;
  onSort: (sort: string) => void;
  onOpen: (row: NetworkRow) => void;
};

/** Whose it is and what it is for, in a word; nothing for the project's own. */
export function KindMark({ network }: { network: Pick<NetworkRow, "external" | "shared"> }) {
  const t = useTranslations("networks.kinds");
  if (!network.external && !network.shared) return null;
  return (
    <span className="rounded-full border px-1.5 py-px text-label font-normal whitespace-nowrap text-muted">
      {t(network.external ? "external" : "shared")}
    </span>
  );
}

function NetworkTable({ base, rows, loadingRows, sort, onSort, onOpen }: NetworkTableProps) {
  const t = useTranslations("networks");
  const columns: Column<NetworkRow>[] = [
    {
      key: "name",
      title: t("columns.name"),
      sort: "name",
      className: "w-full max-w-0 @xl:w-[34%]",
      cell: (row) => (
        <span className="flex min-w-0 flex-col gap-0.5">
          <span className="flex flex-wrap items-center gap-x-2 gap-y-0.5">
            <Link
              href={`${base}/${row.id}`}
              title={row.name}
              className="line-clamp-2 font-medium break-words text-accent hover:underline"
            >
              {row.name}
            </Link>
            <KindMark network={row} />
          </span>
          {row.description ? (
            <span className="line-clamp-1 text-label text-muted">{row.description}</span>
          ) : null}
          <span className="font-mono text-label text-muted @xl:hidden">
            {row.subnets.map(({ cidr }) => cidr).join(", ")}
          </span>
        </span>
      ),
    },
    {
      key: "status",
      title: t("columns.status"),
      cell: (row) => <StatusMark status={row.status} />,
    },
    {
      key: "subnets",
      title: t("columns.subnets"),
      className: "hidden @xl:table-cell",
      cell: (row) => (
        <span className="flex flex-wrap gap-x-2 font-mono text-label">
          {row.subnets.map(({ id, cidr }) => (
            <span key={id}>{cidr}</span>
          ))}
        </span>
      ),
    },
    {
      key: "ports",
      title: t("columns.ports"),
      className: "hidden text-right whitespace-nowrap tabular-nums @2xl:table-cell",
      cell: (row) => row.ports ?? "–",
    },
    {
      key: "mtu",
      title: t("columns.mtu"),
      sort: "mtu",
      className: "hidden text-right whitespace-nowrap tabular-nums @3xl:table-cell",
      cell: (row) => row.mtu,
    },
    {
      key: "createdAt",
      title: t("columns.created"),
      sort: "createdAt",
      className: "hidden whitespace-nowrap text-muted @2xl:table-cell",
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
