"use client";

import { CircleCheck, CircleSlash, Ellipsis, Pencil, Trash2 } from "lucide-react";
import { useTranslations } from "next-intl";
import { amountText } from "../../lib/amount.ts";
import type { Translate } from "../../lib/error-text.ts";
import type { ProjectRow } from "../../lib/rows.ts";
import { Moment } from "../timeline/moment.tsx";
import { IconButton } from "../ui/button.tsx";
import { cn } from "../ui/class-names.ts";
import type { Column } from "../ui/data-table.tsx";
import { Menu, MenuItem } from "../ui/menu.tsx";
import { RowLink } from "../ui/row-link.tsx";
import { ProjectState } from "./project-state.tsx";
import { useProjectBlocked } from "./use-project-actions.tsx";

export type ProjectAsk = "edit" | "enable" | "disable" | "delete";

type Ask = (kind: ProjectAsk, project: ProjectRow) => void;

/** "3 of 10", red when it is over. */
function Use({ use }: { use: ProjectRow["usage"][number] | undefined }) {
  const t: Translate = useTranslations();
  if (!use) return null;
  const used = amountText(t, use.resource, use.inUse);
  const over = use.limit >= 0 && use.inUse > use.limit;
  const words =
    use.limit < 0
      ? t("admin.projects.unlimitedUse", { used })
      : t("admin.projects.usedOf", { used, limit: amountText(t, use.resource, use.limit) });
  return <span className={cn("whitespace-nowrap tabular-nums", over && "text-danger")}>{words}</span>;
}

export function useProjectColumns(onAsk: Ask): Column<ProjectRow>[] {
  const t = useTranslations("admin.projects");
  const tResources = useTranslations("resources");
  const use = (row: ProjectRow, resource: string) => row.usage.find((one) => one.resource === resource);
  return [
    {
      key: "name",
      title: t("name"),
      sort: "name",
      cell: (row) => (
        <span className="flex min-w-0 flex-col gap-0.5">
          <RowLink
            href={`/admin/projects/${row.id}`}
            className="font-medium break-words text-accent hover:underline"
          >
            {row.name}
          </RowLink>
          {row.description ? (
            <span className="line-clamp-1 text-label text-muted">{row.description}</span>
          ) : null}
          <span className="flex flex-wrap gap-x-3 text-label text-muted @2xl:hidden">
            <ProjectState project={row} />
            <span>
              {tResources("instances")} <Use use={use(row, "instances")} />
            </span>
          </span>
        </span>
      ),
    },
    {
      key: "state",
      title: t("state"),
      className: "hidden @2xl:table-cell",
      cell: (row) => <ProjectState project={row} />,
    },
    {
      key: "members",
      title: t("members"),
      className: "hidden @3xl:table-cell tabular-nums",
      cell: (row) => row.members,
    },
    {
      key: "instances",
      title: t("instances"),
      sort: "instances",
      className: "hidden @2xl:table-cell",
      cell: (row) => <Use use={use(row, "instances")} />,
    },
    {
      key: "cores",
      title: tResources("cores"),
      className: "hidden @3xl:table-cell",
      cell: (row) => <Use use={use(row, "cores")} />,
    },
    {
      key: "ram",
      title: t("ram"),
      className: "hidden @4xl:table-cell",
      cell: (row) => <Use use={use(row, "ram")} />,
    },
    {
      key: "created",
      title: t("created"),
      sort: "createdAt",
      className: "hidden @4xl:table-cell text-muted whitespace-nowrap",
      cell: (row) => <Moment date={row.createdAt} />,
    },
    {
      key: "actions",
      title: <span className="sr-only">{t("actions")}</span>,
      className: "w-px text-right",
      cell: (row) => <RowMenu row={row} onAsk={onAsk} />,
    },
  ];
}

function RowMenu({ row, onAsk }: { row: ProjectRow; onAsk: Ask }) {
  const t = useTranslations("admin.projects");
  const blocked = useProjectBlocked(row);
  return (
    <Menu
      trigger={
        <IconButton size="iconSmall" label={t("menu", { name: row.name })}>
          <Ellipsis aria-hidden />
        </IconButton>
      }
    >
      <MenuItem icon={<Pencil aria-hidden />} blocked={blocked.change} onSelect={() => onAsk("edit", row)}>
        {t("edit")}
      </MenuItem>
      {row.enabled ? (
        <MenuItem
          icon={<CircleSlash aria-hidden />}
          blocked={blocked.change}
          onSelect={() => onAsk("disable", row)}
        >
          {t("disable")}
        </MenuItem>
      ) : (
        <MenuItem
          icon={<CircleCheck aria-hidden />}
          blocked={blocked.change}
          onSelect={() => onAsk("enable", row)}
        >
          {t("enable")}
        </MenuItem>
      )}
      <MenuItem
        danger
        icon={<Trash2 aria-hidden />}
        blocked={blocked.remove}
        onSelect={() => onAsk("delete", row)}
      >
        {t("delete")}
      </MenuItem>
    </Menu>
  );
}
