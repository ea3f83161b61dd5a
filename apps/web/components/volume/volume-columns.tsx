"use client";

import { useTranslations } from "next-intl";
import { bytesText, diskText } from "../../lib/amount.ts";
import type { VolumeRow } from "../../lib/rows.ts";
import type { Column } from "../ui/data-table.tsx";
import { RowLink } from "../ui/row-link.tsx";
import { VolumeStatusMark } from "./status-mark.tsx";
import { VolumeMenu } from "./volume-menu.tsx";

export function useVolumeColumns(projectId: string): Column<VolumeRow>[] {
  const t = useTranslations("volumes");
  const attached: Column<VolumeRow> = {
    key: "instance",
    title: t("columns.instance"),
    className: "hidden @2xl:table-cell",
    cell: (row) => <AttachedTo projectId={projectId} volume={row} />,
  };
  return [
    {
      key: "name",
      title: t("columns.name"),
      sort: "name",
      className: "w-full max-w-0 @xl:w-[30%]",
      cell: (row) => (
        <span className="flex min-w-0 flex-col">
          <RowLink
            href={`/p/${projectId}/volumes/${row.id}`}
            className="line-clamp-2 font-medium break-words text-accent hover:underline"
          >
            {row.name}
          </RowLink>
          <span className="text-label @2xl:hidden">
            <AttachedTo projectId={projectId} volume={row} />
          </span>
        </span>
      ),
    },
    {
      key: "status",
      title: t("columns.status"),
      sort: "status",
      cell: (row) => <VolumeStatusMark status={row.status} percent={row.percent} />,
    },
    {
      key: "size",
      title: t("columns.size"),
      sort: "sizeGib",
      className: "text-right tabular-nums whitespace-nowrap",
      cell: (row) => (
        <span className="flex flex-col">
          <span>{diskText(row.sizeGib)}</span>
          {row.usedBytes === null ? null : (
            <span className="text-label text-muted max-sm:hidden">
              {t("usedOf", { used: bytesText(row.usedBytes) })}
            </span>
          )}
        </span>
      ),
    },
    attached,
    {
      key: "type",
      title: t("columns.type"),
      className: "hidden @4xl:table-cell",
      cell: (row) => <span className="line-clamp-2 break-words">{row.volumeTypeName}</span>,
    },
    {
      key: "actions",
      title: <span className="sr-only">{t("columns.actions")}</span>,
      className: "w-px text-right",
      cell: (row) => <VolumeMenu small projectId={projectId} volume={row} />,
    },
  ];
}

export function AttachedTo({ projectId, volume }: { projectId: string; volume: VolumeRow }) {
  const t = useTranslations("volumes");
  const { attachment } = volume;
  if (!attachment) return <span className="text-muted">{t("notAttached")}</span>;
  return (
    <RowLink
      href={`/p/${projectId}/instances/${attachment.instanceId}?tab=storage`}
      className="break-words hover:text-accent hover:underline"
    >
      {attachment.instanceName}
    </RowLink>
  );
}
