"use client";

import { useInfiniteQuery, useMutation, useQueryClient } from "@tanstack/react-query";
import { Ellipsis, Pencil, Star, Trash2 } from "lucide-react";
import { useTranslations } from "next-intl";
import { useState } from "react";
import { diskText } from "../../lib/amount.ts";
import type { VolumeTypeRow } from "../../lib/rows.ts";
import { useTRPC } from "../../lib/trpc.ts";
import { useFailureToast } from "../../lib/use-failure-toast.ts";
import { useRefusal } from "../../lib/use-permission.ts";
import { ListPage } from "../list/list-page.tsx";
import { pageSize, paging } from "../list/pages.ts";
import { useListView } from "../list/use-list-view.ts";
import { IconButton } from "../ui/button.tsx";
import { ConfirmDialog } from "../ui/confirm-dialog.tsx";
import type { Column } from "../ui/data-table.tsx";
import { Menu, MenuItem } from "../ui/menu.tsx";
import { RowLink } from "../ui/row-link.tsx";
import { VolumeDrawing } from "../volume/volume-drawing.tsx";
import { limitWords } from "./volume-limits.ts";
import { VolumeTypeDialog } from "./volume-type-dialog.tsx";

type Asked = { kind: "create" } | { kind: "edit" | "delete"; type: VolumeTypeRow };

export function VolumeTypePage() {
  const t = useTranslations("admin.volumeTypes");
  const trpc = useTRPC();
  const queries = useQueryClient();
  const fail = useFailureToast();
  const blocked = useRefusal("volume_type:manage", null);
  const view = useListView("name");
  const [asked, setAsked] = useState<Asked | null>(null);
  const close = () => setAsked(null);
  const { filter, sort } = view;
  const query = useInfiniteQuery(
    trpc.admin.volumeType.list.infiniteQueryOptions({ filter, sort, limit: pageSize }, paging),
  );
  const done = {
    onError: fail,
    onSettled: () => {
      for (const queryKey of [trpc.admin.volumeType.pathKey(), trpc.volumeType.pathKey()])
        void queries.invalidateQueries({ queryKey });
      close();
    },
  };
  const setDefault = useMutation(trpc.admin.volumeType.setDefault.mutationOptions(done));
  const remove = useMutation(trpc.admin.volumeType.delete.mutationOptions(done));
  return (
    <ListPage
      section="admin.volumeTypes"
      view={view}
      query={query}
      columns={useColumns({
        blocked,
        onDefault: ({ id }) => setDefault.mutate({ id }),
        onAsk: (kind, type) => setAsked({ kind, type }),
      })}
      drawing={<VolumeDrawing />}
      actions={[{ word: t("create"), blocked, onClick: () => setAsked({ kind: "create" }) }]}
      file={{ name: "volume-types" }}
      help={["volumeType", "volume"]}
    >
      {asked?.kind === "create" ? <VolumeTypeDialog type={null} onClose={close} /> : null}
      {asked?.kind === "edit" ? <VolumeTypeDialog type={asked.type} onClose={close} /> : null}
      {asked?.kind === "delete" ? (
        <ConfirmDialog
          open
          danger
          pending={remove.isPending}
          onClose={close}
          title={t("deleteTitle", { name: asked.type.name })}
          about={t("deleteAbout")}
          verb={t("delete")}
          onConfirm={() => remove.mutate({ id: asked.type.id })}
        />
      ) : null}
    </ListPage>
  );
}

type TypeColumns = {
  blocked: string | null;
  onDefault: (type: VolumeTypeRow) => void;
  onAsk: (kind: "edit" | "delete", type: VolumeTypeRow) => void;
};

function useColumns({ blocked, onDefault, onAsk }: TypeColumns): Column<VolumeTypeRow>[] {
  const t = useTranslations("admin.volumeTypes");
  return [
    {
      key: "name",
      title: t("name"),
      sort: "name",
      cell: (row) => (
        <span className="flex flex-col">
          <span className="font-medium break-words">{row.name}</span>
          {row.description ? <span className="text-label text-muted">{row.description}</span> : null}
          {row.isDefault ? <span className="text-label text-muted">{t("usual")}</span> : null}
          {row.public ? null : (
            <span className="text-label text-muted">{t("notPublic", { count: row.projects.length })}</span>
          )}
        </span>
      ),
    },
    {
      key: "backend",
      title: t("backend"),
      className: "hidden @xl:table-cell",
      cell: (row) => <code className="font-mono text-label">{row.backend}</code>,
    },
    {
      key: "qos",
      title: t("qos"),
      className: "hidden @2xl:table-cell",
      cell: (row) => <QosWords type={row} />,
    },
    {
      key: "volumes",
      title: t("volumes"),
      className: "text-right tabular-nums whitespace-nowrap",
      cell: (row) => {
        const words = t("amount", { count: row.volumes, size: diskText(row.gigabytes) });
        return row.volumes === 0 ? (
          words
        ) : (
          <RowLink href={`/admin/storage?type=${row.id}`} className="text-accent hover:underline">
            {words}
          </RowLink>
        );
      },
    },
    {
      key: "actions",
      title: <span className="sr-only">{t("actions")}</span>,
      className: "w-px text-right",
      cell: (row) => (
        <Menu
          trigger={
            <IconButton size="iconSmall" label={t("menu", { name: row.name })}>
              <Ellipsis aria-hidden />
            </IconButton>
          }
        >
          <MenuItem icon={<Pencil aria-hidden />} blocked={blocked} onSelect={() => onAsk("edit", row)}>
            {t("edit")}
          </MenuItem>
          <MenuItem
            icon={<Star aria-hidden />}
            blocked={blocked ?? (row.isDefault ? t("usualAlready") : null)}
            onSelect={() => onDefault(row)}
          >
            {t("makeUsual")}
          </MenuItem>
          <MenuItem
            danger
            icon={<Trash2 aria-hidden />}
            blocked={blocked ?? staysBecause(t, row)}
            onSelect={() => onAsk("delete", row)}
          >
            {t("delete")}
          </MenuItem>
        </Menu>
      ),
    },
  ];
}

function staysBecause(t: ReturnType<typeof useTranslations>, row: VolumeTypeRow): string | null {
  if (row.isDefault) return t("usualStays");
  return row.volumes > 0 ? t("inUse", { count: row.volumes }) : null;
}

function QosWords({ type }: { type: VolumeTypeRow }) {
  const t = useTranslations("admin.volumeTypes");
  const set = limitWords(t, type.qos);
  if (set.length === 0) return <span className="text-muted">{t("unlimited")}</span>;
  return (
    <span className="flex flex-col text-label">
      {set.map((words) => (
        <span key={words}>{words}</span>
      ))}
    </span>
  );
}
