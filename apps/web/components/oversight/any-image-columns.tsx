"use client";

import { Ellipsis, ToggleLeft, ToggleRight, Trash2 } from "lucide-react";
import { useTranslations } from "next-intl";
import { bytesText } from "../../lib/amount.ts";
import type { AnyImageRow } from "../../lib/rows.ts";
import { useRefusal } from "../../lib/use-permission.ts";
import { ImageStatusMark } from "../image/image-status.tsx";
import { useUnready } from "../image/launch-link.tsx";
import { Moment } from "../timeline/moment.tsx";
import { IconButton } from "../ui/button.tsx";
import type { Column } from "../ui/data-table.tsx";
import { Menu, MenuItem } from "../ui/menu.tsx";
import { RowLink } from "../ui/row-link.tsx";
import type { AnyImageAct } from "./any-image-dialog.tsx";

type Ask = (act: AnyImageAct, image: AnyImageRow) => void;

export function useAnyImageColumns(onAsk: Ask): Column<AnyImageRow>[] {
  const t = useTranslations("admin.images");
  const tImages = useTranslations("images");
  return [
    {
      key: "name",
      title: tImages("name"),
      sort: "name",
      className: "w-full max-w-0 @xl:w-[30%]",
      cell: (row) => <Name row={row} />,
    },
    {
      key: "status",
      title: tImages("status"),
      cell: (row) => (
        <span className="flex flex-col">
          <ImageStatusMark status={row.status} />
          {row.withdrawn ? <span className="text-label text-muted">{t("withdrawn")}</span> : null}
        </span>
      ),
    },
    {
      key: "visibility",
      title: t("visibility"),
      className: "hidden whitespace-nowrap @2xl:table-cell",
      cell: ({ visibility }) =>
        tImages.has(`visibilities.${visibility}`) ? tImages(`visibilities.${visibility}`) : visibility,
    },
    {
      key: "size",
      title: t("stored"),
      sort: "sizeBytes",
      className: "hidden text-right whitespace-nowrap tabular-nums @xl:table-cell",
      cell: (row) => <Stored row={row} />,
    },
    {
      key: "uses",
      title: t("uses"),
      className: "hidden text-label tabular-nums @4xl:table-cell",
      cell: ({ instances, volumes }) => t("usesWords", { instances, volumes }),
    },
    {
      key: "createdAt",
      title: tImages("createdAt"),
      sort: "createdAt",
      className: "hidden whitespace-nowrap text-muted @4xl:table-cell",
      cell: (row) => <Moment date={row.createdAt} />,
    },
    {
      key: "actions",
      title: <span className="sr-only">{t("actions")}</span>,
      className: "w-px text-right",
      cell: (row) => <ActionsOf row={row} onAsk={onAsk} />,
    },
  ];
}

function Name({ row }: { row: AnyImageRow }) {
  const t = useTranslations("admin.images");
  const look = "line-clamp-2 font-medium break-words";
  return (
    <span className="flex min-w-0 flex-col">
      {row.projectId === null ? (
        <span className={look} title={row.name}>
          {row.name}
        </span>
      ) : (
        <RowLink
          href={`/p/${row.projectId}/images/${row.id}`}
          title={row.name}
          className={`${look} text-accent hover:underline`}
        >
          {row.name}
        </RowLink>
      )}
      <span className="text-label break-words text-muted">{row.projectName ?? t("cloud")}</span>
    </span>
  );
}

/** What is kept, or how much is to come. */
function Stored({ row: { sizeBytes, uploadSizeBytes } }: { row: AnyImageRow }) {
  const t = useTranslations("admin.images");
  return (
    <span className="flex flex-col items-end">
      <span>{sizeBytes === 0 ? "–" : bytesText(sizeBytes)}</span>
      {uploadSizeBytes === null ? null : (
        <span className="text-label text-muted">{t("announced", { size: bytesText(uploadSizeBytes) })}</span>
      )}
    </span>
  );
}

function ActionsOf({ row, onAsk }: { row: AnyImageRow; onAsk: Ask }) {
  const t = useTranslations("admin.images");
  const tImages = useTranslations("images");
  const refused = useRefusal("image:manage", null);
  const unready = useUnready(row);
  const deactivated = row.status === "deactivated";
  const ownersWord = row.projectId !== null && !row.withdrawn;
  const blockedNow = deactivated
    ? {
        deactivate: row.withdrawn ? t("already") : null,
        reactivate: ownersWord ? t("ownerDeactivated") : null,
      }
    : { deactivate: unready, reactivate: unready ?? t("inUse") };
  return (
    <Menu
      trigger={
        <IconButton size="iconSmall" label={t("menu", { name: row.name })}>
          <Ellipsis aria-hidden />
        </IconButton>
      }
    >
      <MenuItem
        icon={<ToggleLeft aria-hidden />}
        blocked={refused ?? blockedNow.deactivate}
        onSelect={() => onAsk("deactivate", row)}
      >
        {tImages("deactivate")}
      </MenuItem>
      <MenuItem
        icon={<ToggleRight aria-hidden />}
        blocked={refused ?? blockedNow.reactivate}
        onSelect={() => onAsk("reactivate", row)}
      >
        {tImages("reactivate")}
      </MenuItem>
      <MenuItem
        danger
        icon={<Trash2 aria-hidden />}
        blocked={refused ?? (row.protected ? tImages("protectedNow") : null)}
        onSelect={() => onAsk("delete", row)}
      >
        {tImages("delete.verb")}
      </MenuItem>
    </Menu>
  );
}
