"use client";

import { useMutation, useQueryClient } from "@tanstack/react-query";
import { Ellipsis, Plus, Share2, Trash2 } from "lucide-react";
import { useTranslations } from "next-intl";
import type { AnyNetworkRow } from "../../lib/rows.ts";
import { useTRPC } from "../../lib/trpc.ts";
import { useFailureToast } from "../../lib/use-failure-toast.ts";
import { KindMark } from "../network/network-list-page.tsx";
import { StatusMark } from "../network/status-mark.tsx";
import { IconButton } from "../ui/button.tsx";
import type { Column } from "../ui/data-table.tsx";
import { Menu, MenuItem } from "../ui/menu.tsx";

type CloudNetworkColumns = {
  blocked: string | null;
  onAsk: (kind: "subnet" | "delete", network: AnyNetworkRow) => void;
};

export function useCloudNetworkColumns({ blocked, onAsk }: CloudNetworkColumns): Column<AnyNetworkRow>[] {
  const t = useTranslations("networks");
  const tCloud = useTranslations("cloudNetworks");
  return [
    {
      key: "name",
      title: t("columns.name"),
      sort: "name",
      className: "w-full max-w-0 @xl:w-[28%]",
      cell: (row) => (
        <span className="flex min-w-0 flex-col gap-0.5">
          <span className="flex flex-wrap items-center gap-x-2">
            <span className="line-clamp-2 font-medium break-words">{row.name}</span>
            <KindMark network={row} />
          </span>
          <span className="font-mono text-label text-muted">
            {row.subnets.map(({ cidr }) => cidr).join(", ")}
          </span>
        </span>
      ),
    },
    {
      key: "project",
      title: tCloud("project"),
      className: "hidden @xl:table-cell",
      cell: (row) => row.projectName ?? <span className="text-muted">{tCloud("cloud")}</span>,
    },
    { key: "status", title: t("columns.status"), cell: (row) => <StatusMark status={row.status} /> },
    {
      key: "type",
      title: tCloud("type"),
      className: "hidden @2xl:table-cell",
      cell: (row) => (
        <span className="flex flex-col">
          <span>{t(`types.${row.type}`)}</span>
          {row.physicalNetwork === null ? null : (
            <code className="font-mono text-label">{segmentOf(row, tCloud)}</code>
          )}
        </span>
      ),
    },
    {
      key: "mtu",
      title: t("columns.mtu"),
      sort: "mtu",
      className: "hidden text-right tabular-nums @3xl:table-cell @xl:pr-6",
      cell: (row) => row.mtu,
    },
    {
      key: "actions",
      title: <span className="sr-only">{t("actions", { name: "" })}</span>,
      className: "w-px text-right",
      cell: (row) => <RowMenu row={row} blocked={blocked} onAsk={onAsk} />,
    },
  ];
}

function segmentOf(
  { physicalNetwork, segmentationId }: AnyNetworkRow,
  words: ReturnType<typeof useTranslations<"cloudNetworks">>,
): string {
  if (segmentationId === null) return physicalNetwork ?? "";
  return words("segment", { physical: physicalNetwork ?? "", tag: segmentationId });
}

type RowMenuProps = CloudNetworkColumns & { row: AnyNetworkRow };

function RowMenu({ row, blocked, onAsk }: RowMenuProps) {
  const t = useTranslations("networks");
  const tCloud = useTranslations("cloudNetworks");
  const trpc = useTRPC();
  const queries = useQueryClient();
  const fail = useFailureToast();
  const share = useMutation(
    trpc.admin.network.update.mutationOptions({
      onError: fail,
      onSettled: () => queries.invalidateQueries({ queryKey: trpc.admin.network.pathKey() }),
    }),
  );
  const refused = blocked ?? (row.projectId === null ? null : tCloud("ofProject"));
  return (
    <Menu
      trigger={
        <IconButton size="iconSmall" label={t("actions", { name: row.name })}>
          <Ellipsis aria-hidden />
        </IconButton>
      }
    >
      <MenuItem icon={<Plus aria-hidden />} blocked={refused} onSelect={() => onAsk("subnet", row)}>
        {t("addSubnet")}
      </MenuItem>
      <MenuItem
        icon={<Share2 aria-hidden />}
        blocked={refused}
        onSelect={() => share.mutate({ id: row.id, shared: !row.shared })}
      >
        {tCloud(row.shared ? "unshareLabel" : "shareLabel", { name: row.name })}
      </MenuItem>
      <MenuItem danger icon={<Trash2 aria-hidden />} blocked={refused} onSelect={() => onAsk("delete", row)}>
        {t("delete.network.verb")}
      </MenuItem>
    </Menu>
  );
}
