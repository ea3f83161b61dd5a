"use client";

import { floatingIpFields } from "@madang/core/filter/network-fields";
import { useInfiniteQuery } from "@tanstack/react-query";
import { useTranslations } from "next-intl";
import { useState } from "react";
import type { FloatingIpRow } from "../../lib/rows.ts";
import { useTRPC } from "../../lib/trpc.ts";
import { useRefusal } from "../../lib/use-permission.ts";
import { useProjectId } from "../../lib/use-project.ts";
import { ListPage } from "../list/list-page.tsx";
import { pageSize, paging, whileAny } from "../list/pages.ts";
import { useListView } from "../list/use-list-view.ts";
import { Moment } from "../timeline/moment.tsx";
import { TimelineSection } from "../timeline/timeline-section.tsx";
import { CopyButton } from "../ui/copyable.tsx";
import type { Column } from "../ui/data-table.tsx";
import { YardDrawing } from "../ui/empty-state.tsx";
import { RowLink } from "../ui/row-link.tsx";
import { AllocateDialog } from "./allocate-dialog.tsx";
import { FloatingIpActions } from "./floating-ip-actions.tsx";
import { FloatingIpState } from "./floating-ip-state.tsx";

export function FloatingIpListPage() {
  const t = useTranslations("floatingIps");
  const trpc = useTRPC();
  const projectId = useProjectId();
  const blocked = useRefusal("floating_ip:create", projectId);
  const view = useListView("address");
  const [allocating, setAllocating] = useState(false);
  const { filter, sort } = view;
  const query = useInfiniteQuery({
    ...trpc.floatingIp.list.infiniteQueryOptions({ projectId, filter, sort, limit: pageSize }, paging),
    refetchInterval: whileAny<FloatingIpRow>(({ status }) => status === "BUILD"),
  });
  return (
    <ListPage
      section="floatingIps"
      view={view}
      fields={floatingIpFields}
      query={query}
      columns={useColumns()}
      drawing={<YardDrawing />}
      actions={[{ word: t("allocate"), blocked, onClick: () => setAllocating(true) }]}
      file={{ name: "floating-ips", query: { projectId } }}
      help={["floatingIp", "router", "network"]}
      nameOf={({ address }) => address}
      panelMore={({ id }) => <TimelineSection projectId={projectId} resourceId={id} />}
    >
      {allocating ? <AllocateDialog projectId={projectId} onClose={() => setAllocating(false)} /> : null}
    </ListPage>
  );
}

function useColumns(): Column<FloatingIpRow>[] {
  const t = useTranslations("floatingIps");
  return [
    {
      key: "address",
      title: t("address"),
      sort: "address",
      cell: (ip) => (
        <span className="flex flex-col gap-0.5">
          <span className="inline-flex items-center gap-0.5">
            <code className="font-mono font-medium whitespace-nowrap">{ip.address}</code>
            <CopyButton text={ip.address} label={t("copy", { address: ip.address })} />
          </span>
          {ip.description ? (
            <span className="line-clamp-2 text-label text-muted">{ip.description}</span>
          ) : null}
        </span>
      ),
    },
    {
      key: "state",
      title: t("state"),
      className: "hidden @lg:table-cell",
      cell: (ip) => <FloatingIpState status={ip.status} />,
    },
    { key: "leadsTo", title: t("leadsTo"), cell: (ip) => <Target ip={ip} /> },
    {
      key: "router",
      title: t("router"),
      className: "hidden @2xl:table-cell",
      cell: (ip) =>
        ip.routerId ? (
          <RowLink
            href={`/p/${ip.projectId}/routers/${ip.routerId}`}
            className="break-words hover:text-accent hover:underline"
          >
            {ip.routerName}
          </RowLink>
        ) : null,
    },
    {
      key: "network",
      title: t("network"),
      sort: "networkName",
      className: "hidden @3xl:table-cell",
      cell: (ip) => ip.networkName,
    },
    {
      key: "createdAt",
      title: t("createdAt"),
      sort: "createdAt",
      className: "hidden whitespace-nowrap text-muted @3xl:table-cell",
      cell: (ip) => <Moment date={ip.createdAt} />,
    },
    {
      key: "actions",
      title: <span className="sr-only">{t("actions")}</span>,
      className: "w-px text-right",
      cell: (ip) => <FloatingIpActions ip={ip} />,
    },
  ];
}

function Target({ ip }: { ip: FloatingIpRow }) {
  const t = useTranslations("floatingIps");
  if (ip.portId === null) return <span className="text-muted">{t("leadsNowhere")}</span>;
  return (
    <span className="flex flex-col gap-0.5">
      {ip.instanceId ? (
        <RowLink
          href={`/p/${ip.projectId}/instances/${ip.instanceId}`}
          className="line-clamp-2 break-words hover:text-accent hover:underline"
        >
          {ip.instanceName}
        </RowLink>
      ) : null}
      <code className="font-mono text-label whitespace-nowrap text-muted">{ip.fixedAddress}</code>
    </span>
  );
}
