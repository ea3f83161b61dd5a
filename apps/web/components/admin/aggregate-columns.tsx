"use client";

import { Ellipsis, Pencil, Trash2 } from "lucide-react";
import { useTranslations } from "next-intl";
import type { AggregateRow } from "../../lib/rows.ts";
import { IconButton } from "../ui/button.tsx";
import type { Column } from "../ui/data-table.tsx";
import { Menu, MenuItem } from "../ui/menu.tsx";
import { PropertyList } from "./property-list.tsx";

type AggregateColumns = {
  blocked: string | null;
  onAsk: (kind: "edit" | "delete", aggregate: AggregateRow) => void;
};

/** So many names are told; the rest is a number. */
const namesShown = 3;

function Names({ names }: { names: string[] }) {
  const t = useTranslations("admin.aggregates");
  const rest = names.length - namesShown;
  if (names.length === 0) return <span className="text-muted">{t("none")}</span>;
  return (
    <span className="break-words" title={names.slice(0, 50).join(", ")}>
      {names.slice(0, namesShown).join(", ")}
      {rest > 0 ? <span className="text-muted"> {t("more", { count: rest })}</span> : null}
    </span>
  );
}

export function useAggregateColumns({ blocked, onAsk }: AggregateColumns): Column<AggregateRow>[] {
  const t = useTranslations("admin.aggregates");
  const names = (row: AggregateRow) => row.hypervisors.map(({ name }) => name);
  return [
    {
      key: "name",
      title: t("name"),
      sort: "name",
      cell: (row) => (
        <span className="flex flex-col gap-0.5">
          <span className="font-medium break-words">{row.name}</span>
          {row.description ? <span className="text-label text-muted">{row.description}</span> : null}
          <span className="flex flex-col gap-1 text-label @2xl:hidden">
            <PropertyList all={row.properties} />
            <Names names={names(row)} />
          </span>
        </span>
      ),
    },
    {
      key: "properties",
      title: t("properties"),
      className: "hidden @2xl:table-cell",
      cell: (row) => <PropertyList all={row.properties} />,
    },
    {
      key: "members",
      title: t("members"),
      className: "hidden @2xl:table-cell",
      cell: (row) => <Names names={names(row)} />,
    },
    {
      key: "flavors",
      title: t("flavors"),
      className: "hidden @4xl:table-cell",
      cell: (row) => <Names names={row.flavors} />,
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
