"use client";

import { storedQos } from "@madang/core/volume/volume-input";
import { useTranslations } from "next-intl";
import { bytesText, diskText } from "../../lib/amount.ts";
import type { VolumeRow } from "../../lib/rows.ts";
import { limitWords } from "../admin/volume-limits.ts";
import { CopyButton } from "../ui/copyable.tsx";
import type { Column } from "../ui/data-table.tsx";
import { RowLink } from "../ui/row-link.tsx";
import { VolumeStatusMark } from "../volume/status-mark.tsx";
import { useVolumeTypes } from "../volume/use-volume-types.ts";
import { VolumeMenu } from "../volume/volume-menu.tsx";
import { devicePath } from "./device-path.ts";

/** The volumes of one instance, as that instance sees them. */
export function useDiskColumns(projectId: string): Column<VolumeRow>[] {
  const t = useTranslations("volumes");
  const tTab = useTranslations("storageTab");
  return [
    {
      key: "name",
      title: t("columns.name"),
      className: "w-full max-w-0 @xl:w-[30%]",
      cell: (row) => (
        <span className="flex min-w-0 flex-col">
          <RowLink
            href={`/p/${projectId}/volumes/${row.id}`}
            className="line-clamp-2 font-medium break-words text-accent hover:underline"
          >
            {row.name}
          </RowLink>
          <Marks volume={row} />
          <span className="@2xl:hidden">
            <Device volume={row} />
          </span>
        </span>
      ),
    },
    {
      key: "status",
      title: t("columns.status"),
      cell: (row) => <VolumeStatusMark status={row.status} percent={row.percent} />,
    },
    {
      key: "size",
      title: t("columns.size"),
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
    {
      key: "device",
      title: tTab("device"),
      className: "hidden whitespace-nowrap @2xl:table-cell",
      cell: (row) => <Device volume={row} />,
    },
    {
      key: "type",
      title: t("columns.type"),
      className: "hidden @4xl:table-cell",
      cell: (row) => <TypeCell projectId={projectId} volume={row} />,
    },
    {
      key: "actions",
      title: <span className="sr-only">{t("columns.actions")}</span>,
      className: "w-px text-right",
      cell: (row) => <VolumeMenu small projectId={projectId} volume={row} />,
    },
  ];
}

function Device({ volume }: { volume: VolumeRow }) {
  const t = useTranslations("storageTab");
  const path = devicePath(volume.id);
  return (
    <span className="inline-flex min-w-0 items-center gap-0.5" title={path}>
      <code className="min-w-0 font-mono text-label break-all">{path.split("/").at(-1)}</code>
      <CopyButton text={path} label={t("copyDevice")} />
    </span>
  );
}

/** What is special about it as this instance's disk. */
function Marks({ volume: { attachment } }: { volume: VolumeRow }) {
  const t = useTranslations("volumes");
  const tTab = useTranslations("storageTab");
  const marks = [
    ...(attachment?.boot ? [tTab("boots")] : []),
    ...(attachment?.readOnly ? [t("readOnly")] : []),
    ...(attachment?.deleteWithInstance ? [t("goesWith")] : []),
  ];
  return marks.length > 0 ? <span className="text-label text-muted">{marks.join(" · ")}</span> : null;
}

function TypeCell({ projectId, volume }: { projectId: string; volume: VolumeRow }) {
  const t = useTranslations("admin.volumeTypes");
  const type = useVolumeTypes(projectId).types.find(({ id }) => id === volume.volumeTypeId);
  const limits = limitWords(t, storedQos(type?.qos));
  return (
    <span className="flex flex-col">
      <span className="line-clamp-2 break-words">{volume.volumeTypeName}</span>
      {limits.length > 0 ? <span className="text-label text-muted">{limits.join(" · ")}</span> : null}
    </span>
  );
}
