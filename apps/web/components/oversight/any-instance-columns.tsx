"use client";

import { useTranslations } from "next-intl";
import { sizeText } from "../../lib/amount.ts";
import type { AnyInstanceRow } from "../../lib/rows.ts";
import { ActionMenu } from "../instance/action-menu.tsx";
import { StatusReason } from "../instance/status-reason.tsx";
import { Moment } from "../timeline/moment.tsx";
import type { Column } from "../ui/data-table.tsx";
import { RowLink } from "../ui/row-link.tsx";

function TwoLines({ first, second }: { first: string; second: string }) {
  return (
    <span className="flex min-w-0 flex-col">
      <span className="truncate" title={first}>
        {first}
      </span>
      <span className="truncate text-label text-muted">{second}</span>
    </span>
  );
}

export function useAnyInstanceColumns(): Column<AnyInstanceRow>[] {
  const t = useTranslations("anyInstances.columns");
  const tPage = useTranslations("anyInstances");
  return [
    {
      key: "name",
      title: t("name"),
      sort: "name",
      className: "w-full max-w-0 @xl:w-[26%]",
      cell: (row) => (
        <span className="flex min-w-0 flex-col">
          <RowLink
            href={`/p/${row.projectId}/instances/${row.id}`}
            title={row.name}
            className="line-clamp-2 font-medium break-words text-accent hover:underline"
          >
            {row.name}
          </RowLink>
          <span className="text-label text-muted @3xl:hidden">{row.projectName}</span>
          <span className="mt-0.5 @xl:hidden">
            <StatusReason instance={row} />
          </span>
        </span>
      ),
    },
    {
      key: "status",
      title: t("status"),
      sort: "status",
      className: "hidden @xl:table-cell",
      cell: (row) => <StatusReason instance={row} />,
    },
    {
      key: "project",
      title: t("project"),
      className: "hidden max-w-0 @3xl:table-cell @3xl:w-[18%]",
      cell: (row) => <TwoLines first={row.projectName} second={row.userName ?? tPage("nobody")} />,
    },
    {
      key: "hypervisor",
      title: t("hypervisor"),
      className: "hidden max-w-0 @4xl:table-cell @4xl:w-[16%]",
      cell: (row) =>
        row.hypervisorName ? (
          <TwoLines first={row.hypervisorName} second={row.zone ?? ""} />
        ) : (
          <span className="text-muted">{tPage("nowhere")}</span>
        ),
    },
    {
      key: "flavor",
      title: t("flavor"),
      sort: "flavorName",
      className: "hidden @5xl:table-cell",
      cell: (row) => <TwoLines first={row.flavorName} second={sizeText(row)} />,
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
      cell: (row) => <ActionMenu projectId={row.projectId} target={row} small />,
    },
  ];
}
