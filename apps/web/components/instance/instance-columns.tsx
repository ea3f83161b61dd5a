"use client";

import { Lock } from "lucide-react";
import { useTranslations } from "next-intl";
import { sizeText } from "../../lib/amount.ts";
import type { InstanceRow } from "../../lib/rows.ts";
import { CpuCell } from "../metrics/cpu-cell.tsx";
import { useSparklineGroups } from "../metrics/use-sparkline-groups.ts";
import { Moment } from "../timeline/moment.tsx";
import type { Column } from "../ui/data-table.tsx";
import { RowLink } from "../ui/row-link.tsx";
import { RowActions } from "./action-menu.tsx";
import { Addresses } from "./addresses.tsx";
import { BootSource } from "./boot-source.tsx";
import { StatusReason } from "./status-reason.tsx";

function NameCell({ projectId, row }: { projectId: string; row: InstanceRow }) {
  const t = useTranslations("instances");
  return (
    <span className="flex min-w-0 flex-col">
      <span className="flex min-w-0 items-center gap-1.5">
        <RowLink
          href={`/p/${projectId}/instances/${row.id}`}
          title={row.name}
          className="line-clamp-2 font-medium text-accent hover:underline"
        >
          {row.name}
        </RowLink>
        {row.deleteProtection ? (
          <Lock role="img" aria-label={t("protected")} className="size-3.5 shrink-0 text-muted" />
        ) : null}
      </span>
      <span className="mt-0.5 @xl:hidden">
        <StatusReason instance={row} />
      </span>
    </span>
  );
}

type Shown = { projectId: string; rows: readonly InstanceRow[] };

/** They give way as the content narrows; the name and the menu stay. */
export function useInstanceColumns({ projectId, rows }: Shown): Column<InstanceRow>[] {
  const groupOf = useSparklineGroups(rows);
  const t = useTranslations("instances.columns");
  return [
    {
      key: "name",
      title: t("name"),
      sort: "name",
      className: "w-full max-w-0 @xl:w-[24%]",
      cell: (row) => <NameCell projectId={projectId} row={row} />,
    },
    {
      key: "status",
      title: t("status"),
      sort: "status",
      className: "hidden whitespace-nowrap @xl:table-cell",
      cell: (row) => <StatusReason instance={row} />,
    },
    {
      key: "cpu",
      title: t("cpu"),
      className: "hidden whitespace-nowrap @5xl:table-cell",
      cell: (row) => <CpuCell projectId={projectId} id={row.id} group={groupOf(row.id)} />,
    },
    {
      key: "addresses",
      title: t("addresses"),
      className: "hidden @2xl:table-cell",
      cell: (row) => <Addresses addresses={row.addresses} few />,
    },
    {
      key: "flavor",
      title: t("flavor"),
      className: "hidden whitespace-nowrap @4xl:table-cell",
      cell: (row) => (
        <span className="flex flex-col">
          <span>{row.flavorName}</span>
          <span className="text-label text-muted tabular-nums">{sizeText(row)}</span>
        </span>
      ),
    },
    {
      key: "image",
      title: t("image"),
      className: "hidden @3xl:table-cell",
      cell: (row) => <BootSource {...row} />,
    },
    {
      key: "created",
      title: t("created"),
      sort: "createdAt",
      className: "hidden whitespace-nowrap text-muted @2xl:table-cell",
      cell: (row) => <Moment date={row.createdAt} />,
    },
    {
      key: "actions",
      title: <span className="sr-only">{t("actions")}</span>,
      className: "w-px text-right",
      cell: (row) => <RowActions projectId={projectId} target={row} />,
    },
  ];
}
