"use client";

import { flavorFields } from "@madang/core/filter/people-fields";
import { useInfiniteQuery, useMutation, useQueryClient } from "@tanstack/react-query";
import { CircleCheck, CirclePause, Ellipsis, Layers, Pause, Pencil, Play, Trash2 } from "lucide-react";
import { useTranslations } from "next-intl";
import { useState } from "react";
import { diskText, memoryText } from "../../lib/amount.ts";
import type { FlavorRow } from "../../lib/rows.ts";
import { useTRPC } from "../../lib/trpc.ts";
import { useFailureToast } from "../../lib/use-failure-toast.ts";
import { useRefusal } from "../../lib/use-permission.ts";
import { ListPage } from "../list/list-page.tsx";
import { pageSize, paging } from "../list/pages.ts";
import { useListView } from "../list/use-list-view.ts";
import { IconButton } from "../ui/button.tsx";
import { ConfirmDialog } from "../ui/confirm-dialog.tsx";
import type { Column } from "../ui/data-table.tsx";
import { YardDrawing } from "../ui/empty-state.tsx";
import { Menu, MenuItem } from "../ui/menu.tsx";
import { FlavorDialog } from "./flavor-dialog.tsx";
import { FlavorRename } from "./flavor-rename.tsx";
import { FlavorRequired } from "./flavor-required.tsx";
import { PropertyList } from "./property-list.tsx";

type Asked = { kind: "create" } | { kind: "rename" | "required" | "delete"; flavor: FlavorRow };

export function FlavorPage() {
  const t = useTranslations("admin.flavors");
  const trpc = useTRPC();
  const queries = useQueryClient();
  const fail = useFailureToast();
  const blocked = useRefusal("flavor:manage", null);
  const view = useListView("name");
  const [asked, setAsked] = useState<Asked | null>(null);
  const close = () => setAsked(null);
  const { filter, sort } = view;
  const query = useInfiniteQuery(
    trpc.admin.flavor.list.infiniteQueryOptions({ filter, sort, limit: pageSize }, paging),
  );
  const done = {
    onSuccess: () => {
      void queries.invalidateQueries({ queryKey: trpc.admin.flavor.pathKey() });
      void queries.invalidateQueries({ queryKey: trpc.flavor.pathKey() });
    },
    onError: fail,
    onSettled: close,
  };
  const update = useMutation(trpc.admin.flavor.update.mutationOptions(done));
  const remove = useMutation(trpc.admin.flavor.delete.mutationOptions(done));
  return (
    <ListPage
      section="admin.flavors"
      view={view}
      fields={flavorFields}
      query={query}
      columns={useColumns({
        blocked,
        onToggle: (flavor) => update.mutate({ id: flavor.id, enabled: !flavor.enabled }),
        onAsk: (kind, flavor) => setAsked({ kind, flavor }),
      })}
      drawing={<YardDrawing />}
      actions={[{ word: t("create"), blocked, onClick: () => setAsked({ kind: "create" }) }]}
      file={{ name: "flavors" }}
      help={["flavor", "aggregate", "quota"]}
    >
      {asked?.kind === "create" ? <FlavorDialog onClose={close} /> : null}
      {asked?.kind === "rename" ? <FlavorRename flavor={asked.flavor} onClose={close} /> : null}
      {asked?.kind === "required" ? <FlavorRequired flavor={asked.flavor} onClose={close} /> : null}
      {asked?.kind === "delete" ? (
        <ConfirmDialog
          open
          danger
          pending={remove.isPending}
          onClose={close}
          title={t("deleteTitle", { name: asked.flavor.name })}
          about={t("deleteAbout")}
          verb={t("delete")}
          onConfirm={() => remove.mutate({ id: asked.flavor.id })}
        />
      ) : null}
    </ListPage>
  );
}

type FlavorColumns = {
  blocked: string | null;
  onToggle: (flavor: FlavorRow) => void;
  onAsk: (kind: "rename" | "required" | "delete", flavor: FlavorRow) => void;
};

function useColumns({ blocked, onToggle, onAsk }: FlavorColumns): Column<FlavorRow>[] {
  const t = useTranslations("admin.flavors");
  const tLaunch = useTranslations("launch");
  return [
    {
      key: "name",
      title: t("name"),
      sort: "name",
      cell: (row) => (
        <span className="flex flex-col">
          <span className="font-medium">{row.name}</span>
          {row.description ? <span className="text-label text-muted">{row.description}</span> : null}
          <PropertyList all={row.requiredProperties} />
          {row.enabled ? null : <span className="text-label text-muted @xl:hidden">{t("disabled")}</span>}
        </span>
      ),
    },
    {
      key: "vcpus",
      title: t("vcpus"),
      sort: "vcpus",
      className: "text-right tabular-nums whitespace-nowrap @xl:pr-6",
      cell: (row) => row.vcpus,
    },
    {
      key: "ram",
      title: t("ram"),
      sort: "ramMib",
      className: "text-right tabular-nums whitespace-nowrap @xl:pr-6",
      cell: (row) => memoryText(row.ramMib),
    },
    {
      key: "disk",
      title: t("disk"),
      sort: "diskGib",
      className: "hidden text-right tabular-nums whitespace-nowrap @xl:table-cell @xl:pr-6",
      cell: (row) => (row.diskGib === 0 ? tLaunch("diskOfImage") : diskText(row.diskGib)),
    },
    {
      key: "state",
      title: t("state"),
      className: "hidden @xl:table-cell",
      cell: (row) => (
        <span className="inline-flex items-center gap-1.5 whitespace-nowrap">
          {row.enabled ? (
            <CircleCheck aria-hidden className="size-4 text-running" />
          ) : (
            <CirclePause aria-hidden className="size-4 text-paused" />
          )}
          {t(row.enabled ? "enabled" : "disabled")}
        </span>
      ),
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
          <MenuItem
            icon={row.enabled ? <Pause aria-hidden /> : <Play aria-hidden />}
            blocked={blocked}
            onSelect={() => onToggle(row)}
          >
            {t(row.enabled ? "disable" : "enable")}
          </MenuItem>
          <MenuItem icon={<Pencil aria-hidden />} blocked={blocked} onSelect={() => onAsk("rename", row)}>
            {t("rename")}
          </MenuItem>
          <MenuItem icon={<Layers aria-hidden />} blocked={blocked} onSelect={() => onAsk("required", row)}>
            {t("requiredEdit")}
          </MenuItem>
          <MenuItem
            danger
            icon={<Trash2 aria-hidden />}
            blocked={blocked}
            onSelect={() => onAsk("delete", row)}
          >
            {t("delete")}
          </MenuItem>
        </Menu>
      ),
    },
  ];
}
