"use client";

import { networkFields } from "@madang/core/filter/network-fields";
import { useInfiniteQuery } from "@tanstack/react-query";
import { useRouter } from "next/navigation";
import { useTranslations } from "next-intl";
import { useState } from "react";
import type { NetworkRow } from "../../lib/rows.ts";
import { useTRPC } from "../../lib/trpc.ts";
import { useRefusal } from "../../lib/use-permission.ts";
import { useProjectId } from "../../lib/use-project.ts";
import { ListPage } from "../list/list-page.tsx";
import { pageSize, paging, whileAny } from "../list/pages.ts";
import { useListView } from "../list/use-list-view.ts";
import { Moment } from "../timeline/moment.tsx";
import type { Column } from "../ui/data-table.tsx";
import { RowLink } from "../ui/row-link.tsx";
import { CreateNetworkDialog } from "./network-dialog.tsx";
import { NetworkDrawing } from "./network-drawing.tsx";
import { StatusMark } from "./status-mark.tsx";

/** The project's own networks, and those of the cloud that it may use. */
export function NetworkListPage() {
  const t = useTranslations("networks");
  const trpc = useTRPC();
  const router = useRouter();
  const projectId = useProjectId();
  const blocked = useRefusal("network:create", projectId);
  const view = useListView("name");
  const [creating, setCreating] = useState(false);
  const { filter, sort } = view;
  const query = useInfiniteQuery({
    ...trpc.network.list.infiniteQueryOptions({ projectId, filter, sort, limit: pageSize }, paging),
    refetchInterval: whileAny<NetworkRow>(({ status }) => status === "BUILD"),
  });
  const base = `/p/${projectId}/networks`;
  return (
    <ListPage
      section="networks"
      view={view}
      fields={networkFields}
      query={query}
      columns={useColumns(base)}
      drawing={<NetworkDrawing />}
      actions={[{ word: t("create"), blocked, onClick: () => setCreating(true) }]}
      file={{ name: "networks", query: { projectId } }}
      help={["network", "subnet", "port", "router"]}
      hrefOf={(id) => `${base}/${id}`}
    >
      {creating ? (
        <CreateNetworkDialog
          projectId={projectId}
          onClose={() => setCreating(false)}
          onCreated={(id) => router.push(`${base}/${id}`)}
        />
      ) : null}
    </ListPage>
  );
}

/** Whose it is and what it is for, in a word; nothing for the project's own. */
export function KindMark({ network }: { network: Pick<NetworkRow, "external" | "shared"> }) {
  const t = useTranslations("networks.kinds");
  if (!network.external && !network.shared) return null;
  return (
    <span className="rounded-full border px-1.5 py-px text-label font-normal whitespace-nowrap text-muted">
      {t(network.external ? "external" : "shared")}
    </span>
  );
}

function useColumns(base: string): Column<NetworkRow>[] {
  const t = useTranslations("networks");
  return [
    {
      key: "name",
      title: t("columns.name"),
      sort: "name",
      className: "w-full max-w-0 @xl:w-[34%]",
      cell: (row) => (
        <span className="flex min-w-0 flex-col gap-0.5">
          <span className="flex flex-wrap items-center gap-x-2 gap-y-0.5">
            <RowLink
              href={`${base}/${row.id}`}
              title={row.name}
              className="line-clamp-2 font-medium break-words text-accent hover:underline"
            >
              {row.name}
            </RowLink>
            <KindMark network={row} />
          </span>
          {row.description ? (
            <span className="line-clamp-1 text-label text-muted">{row.description}</span>
          ) : null}
          <span className="font-mono text-label text-muted @xl:hidden">
            {row.subnets.map(({ cidr }) => cidr).join(", ")}
          </span>
        </span>
      ),
    },
    {
      key: "status",
      title: t("columns.status"),
      cell: (row) => <StatusMark status={row.status} />,
    },
    {
      key: "subnets",
      title: t("columns.subnets"),
      className: "hidden @xl:table-cell",
      cell: (row) => (
        <span className="flex flex-wrap gap-x-2 font-mono text-label">
          {row.subnets.map(({ id, cidr }) => (
            <span key={id}>{cidr}</span>
          ))}
        </span>
      ),
    },
    {
      key: "ports",
      title: t("columns.ports"),
      className: "hidden text-right whitespace-nowrap tabular-nums @2xl:table-cell @xl:pr-6",
      cell: (row) => row.ports ?? "–",
    },
    {
      key: "mtu",
      title: t("columns.mtu"),
      sort: "mtu",
      className: "hidden text-right whitespace-nowrap tabular-nums @3xl:table-cell @xl:pr-6",
      cell: (row) => row.mtu,
    },
    {
      key: "createdAt",
      title: t("columns.created"),
      sort: "createdAt",
      className: "hidden whitespace-nowrap text-muted @2xl:table-cell",
      cell: (row) => <Moment date={row.createdAt} />,
    },
  ];
}
