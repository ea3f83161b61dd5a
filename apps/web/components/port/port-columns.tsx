"use client";

import { Trash2 } from "lucide-react";
import { useTranslations } from "next-intl";
import type { PortRow } from "../../lib/rows.ts";
import { usePermission } from "../../lib/use-permission.ts";
import { StatusMark } from "../network/status-mark.tsx";
import { IconButton } from "../ui/button.tsx";
import type { Column } from "../ui/data-table.tsx";
import { RowLink } from "../ui/row-link.tsx";
import { PortUser, portName } from "./port-user.tsx";

type PortColumns = {
  projectId: string;
  /** false: all are of one network, which the page says. */
  withNetwork: boolean;
  onDelete: (row: PortRow) => void;
};

/** Why a port can't be deleted now; null when it can. */
export function useDeleteBlocked(projectId: string): (port: PortRow) => string | null {
  const t = useTranslations();
  const allowed = usePermission("port:delete", projectId);
  return (port) => {
    if (!allowed) return t("reasons.notPermitted");
    if (port.instance) return t("errors.portInUse", { instance: port.instance.name });
    if (port.router) return t("errors.portOfRouter", { router: port.router.name });
    return port.owner === "metadata" ? t("errors.portOfNetwork") : null;
  };
}

export function usePortColumns({ projectId, withNetwork, onDelete }: PortColumns): Column<PortRow>[] {
  const t = useTranslations("ports");
  const blocked = useDeleteBlocked(projectId);
  const network: Column<PortRow> = {
    key: "network",
    title: t("columns.network"),
    className: "hidden @2xl:table-cell",
    cell: (row) => (
      <RowLink
        href={`/p/${projectId}/networks/${row.networkId}`}
        className="line-clamp-2 break-words hover:text-accent hover:underline"
      >
        {row.networkName}
      </RowLink>
    ),
  };
  return [
    {
      key: "name",
      title: t("columns.name"),
      className: "w-full max-w-0 @xl:w-[30%]",
      cell: (row) => <PortName projectId={projectId} row={row} />,
    },
    {
      key: "user",
      title: t("columns.user"),
      className: "hidden @md:table-cell",
      cell: (row) => <PortUser projectId={projectId} port={row} />,
    },
    ...(withNetwork ? [network] : []),
    {
      key: "mac",
      title: t("columns.mac"),
      sort: "mac",
      className: "hidden @3xl:table-cell",
      cell: (row) => <code className="font-mono text-label whitespace-nowrap">{row.mac}</code>,
    },
    { key: "status", title: t("columns.status"), cell: (row) => <StatusMark status={row.status} /> },
    {
      key: "actions",
      title: <span className="sr-only">{t("columns.actions")}</span>,
      className: "w-px text-right",
      cell: (row) => (
        <IconButton
          size="iconSmall"
          label={t("deleteLabel", { name: portName(row) })}
          blocked={blocked(row)}
          onClick={() => onDelete(row)}
        >
          <Trash2 aria-hidden />
        </IconButton>
      ),
    },
  ];
}

function PortName({ projectId, row }: { projectId: string; row: PortRow }) {
  const addresses = row.addresses.map(({ address, floatingIp }) =>
    floatingIp === null ? address : `${address} → ${floatingIp}`,
  );
  return (
    <span className="flex min-w-0 flex-col">
      <RowLink
        href={`/p/${projectId}/ports/${row.id}`}
        className="line-clamp-2 font-medium break-words text-accent hover:underline"
      >
        {portName(row)}
      </RowLink>
      {row.name || addresses.some((one) => one.includes("→")) ? (
        <span className="font-mono text-label break-words text-muted">{addresses.join(", ")}</span>
      ) : null}
      <span className="text-label @md:hidden">
        <PortUser projectId={projectId} port={row} />
      </span>
    </span>
  );
}
