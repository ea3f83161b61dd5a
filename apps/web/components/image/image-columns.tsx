"use client";

import { useTranslations } from "next-intl";
import { bytesText } from "../../lib/amount.ts";
import { errorText, type Translate } from "../../lib/error-text.ts";
import type { ImageRow } from "../../lib/rows.ts";
import { usePermission } from "../../lib/use-permission.ts";
import { Moment } from "../timeline/moment.tsx";
import type { Column } from "../ui/data-table.tsx";
import { RowLink } from "../ui/row-link.tsx";
import { ImageStatusMark } from "./image-status.tsx";
import { LaunchLink } from "./launch-link.tsx";
import { ProgressLine } from "./progress-line.tsx";
import { VisibilityMark } from "./visibility-mark.tsx";

/** Of the list of images. */
export function useImageColumns(projectId: string): Column<ImageRow>[] {
  const t: Translate = useTranslations();
  const mayUpload = usePermission("image:create", projectId);
  return [
    {
      key: "name",
      title: t("images.name"),
      sort: "name",
      className: "w-full max-w-0 @xl:w-[38%]",
      cell: (row) => (
        <span className="flex min-w-0 flex-col gap-0.5">
          <span className="flex flex-wrap items-center gap-x-2 gap-y-0.5">
            <RowLink
              href={`/p/${projectId}/images/${row.id}`}
              title={row.name}
              className="line-clamp-2 font-medium break-words text-accent hover:underline"
            >
              {row.name}
            </RowLink>
            <VisibilityMark image={row} />
          </span>
          {row.description ? (
            <span className="line-clamp-1 text-label text-muted">{row.description}</span>
          ) : null}
          {row.fault ? <span className="text-label text-danger">{errorText(t, row.fault)}</span> : null}
        </span>
      ),
    },
    {
      key: "status",
      title: t("images.status"),
      cell: (row) => (
        <span className="flex flex-col gap-1">
          <ImageStatusMark status={row.status} />
          <ProgressLine image={row} mayGoOn={mayUpload && row.projectId === projectId} />
        </span>
      ),
    },
    {
      key: "size",
      title: t("images.size"),
      sort: "sizeBytes",
      className: "hidden text-right whitespace-nowrap tabular-nums @2xl:table-cell @xl:pr-6",
      cell: (row) => (row.sizeBytes === 0 ? "–" : bytesText(row.sizeBytes)),
    },
    {
      key: "disk",
      title: t("images.disk"),
      className: "hidden text-right whitespace-nowrap tabular-nums @3xl:table-cell @xl:pr-6",
      cell: (row) => (row.virtualSizeBytes === 0 ? "–" : bytesText(row.virtualSizeBytes)),
    },
    {
      key: "createdAt",
      title: t("images.createdAt"),
      sort: "createdAt",
      className: "hidden whitespace-nowrap text-muted @3xl:table-cell",
      cell: (row) => <Moment date={row.createdAt} />,
    },
    {
      key: "launch",
      title: <span className="sr-only">{t("images.launch")}</span>,
      className: "hidden w-px text-right @lg:table-cell",
      cell: (row) => <LaunchLink projectId={projectId} image={row} small />,
    },
  ];
}
