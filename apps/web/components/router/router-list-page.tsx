"use client";

import { routerFields } from "@madang/core/filter/network-fields";
import { useInfiniteQuery } from "@tanstack/react-query";
import { useRouter } from "next/navigation";
import { useTranslations } from "next-intl";
import { useState } from "react";
import type { RouterRow } from "../../lib/rows.ts";
import { useTRPC } from "../../lib/trpc.ts";
import { useRefusal } from "../../lib/use-permission.ts";
import { useProjectId } from "../../lib/use-project.ts";
import { ListPage } from "../list/list-page.tsx";
import { pageSize, paging, whileAny } from "../list/pages.ts";
import { useListView } from "../list/use-list-view.ts";
import { Moment } from "../timeline/moment.tsx";
import type { Column } from "../ui/data-table.tsx";
import { YardDrawing } from "../ui/empty-state.tsx";
import { RowLink } from "../ui/row-link.tsx";
import { NewRouterDialog } from "./new-router-dialog.tsx";
import { isBeingSetUp, RouterState } from "./router-state.tsx";

export function RouterListPage() {
  const t = useTranslations("routers");
  const trpc = useTRPC();
  const router = useRouter();
  const projectId = useProjectId();
  const blocked = useRefusal("router:create", projectId);
  const view = useListView("name");
  const [creating, setCreating] = useState(false);
  const { filter, sort } = view;
  const query = useInfiniteQuery({
    ...trpc.router.list.infiniteQueryOptions({ projectId, filter, sort, limit: pageSize }, paging),
    refetchInterval: whileAny<RouterRow>(isBeingSetUp),
  });
  const open = (id: string) => router.push(`/p/${projectId}/routers/${id}`);
  return (
    <ListPage
      section="routers"
      view={view}
      fields={routerFields}
      query={query}
      columns={useColumns()}
      drawing={<YardDrawing />}
      actions={[{ word: t("create"), blocked, onClick: () => setCreating(true) }]}
      file={{ name: "routers", query: { projectId } }}
      help={["router", "network", "floatingIp"]}
      hrefOf={(id) => `/p/${projectId}/routers/${id}`}
    >
      {creating ? (
        <NewRouterDialog projectId={projectId} onClose={() => setCreating(false)} onCreated={open} />
      ) : null}
    </ListPage>
  );
}

function useColumns(): Column<RouterRow>[] {
  const t = useTranslations("routers");
  return [
    {
      key: "name",
      title: t("name"),
      sort: "name",
      cell: (router) => (
        <span className="flex flex-col gap-0.5">
          <RowLink
            href={`/p/${router.projectId}/routers/${router.id}`}
            className="line-clamp-2 font-medium break-words text-accent hover:underline"
          >
            {router.name}
          </RowLink>
          {router.description ? (
            <span className="line-clamp-2 text-label text-muted">{router.description}</span>
          ) : null}
        </span>
      ),
    },
    {
      key: "state",
      title: t("state"),
      className: "hidden @md:table-cell",
      cell: (router) => <RouterState router={router} />,
    },
    { key: "gateway", title: t("external"), cell: (router) => <Gateway router={router} /> },
    {
      key: "snat",
      title: t("snat"),
      className: "hidden whitespace-nowrap @2xl:table-cell",
      cell: (router) => t(router.snat ? "snatOn" : "snatOff"),
    },
    {
      key: "interfaces",
      title: t("interfaces"),
      className: "hidden text-right whitespace-nowrap tabular-nums @lg:table-cell @xl:pr-6",
      cell: (router) => router.interfaceCount,
    },
    {
      key: "routes",
      title: t("routes"),
      className: "hidden text-right whitespace-nowrap tabular-nums @2xl:table-cell @xl:pr-6",
      cell: (router) => router.routeCount,
    },
    {
      key: "createdAt",
      title: t("createdAt"),
      sort: "createdAt",
      className: "hidden whitespace-nowrap text-muted @3xl:table-cell",
      cell: (router) => <Moment date={router.createdAt} />,
    },
  ];
}

function Gateway({ router }: { router: RouterRow }) {
  const t = useTranslations("routers");
  if (!router.externalNetworkName) return <span className="text-muted">{t("noGateway")}</span>;
  return (
    <span className="flex flex-col gap-0.5">
      <span className="break-words">{router.externalNetworkName}</span>
      <code className="font-mono text-label whitespace-nowrap text-muted">{router.gatewayAddress}</code>
    </span>
  );
}
