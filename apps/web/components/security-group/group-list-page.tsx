"use client";

import { securityGroupFields } from "@madang/core/filter/network-fields";
import { useInfiniteQuery } from "@tanstack/react-query";
import { useRouter } from "next/navigation";
import { useTranslations } from "next-intl";
import { useState } from "react";
import type { SecurityGroupRow } from "../../lib/rows.ts";
import { useTRPC } from "../../lib/trpc.ts";
import { useRefusal } from "../../lib/use-permission.ts";
import { useProjectId } from "../../lib/use-project.ts";
import { ListPage } from "../list/list-page.tsx";
import { pageSize, paging, whileAny } from "../list/pages.ts";
import { useListView } from "../list/use-list-view.ts";
import { SettleMark } from "../network/settle-mark.tsx";
import { Moment } from "../timeline/moment.tsx";
import type { Column } from "../ui/data-table.tsx";
import { KeyDrawing } from "../ui/empty-state.tsx";
import { RowLink } from "../ui/row-link.tsx";
import { GroupDialog } from "./group-dialog.tsx";

export function SecurityGroupListPage() {
  const t = useTranslations("securityGroups");
  const trpc = useTRPC();
  const router = useRouter();
  const projectId = useProjectId();
  const blocked = useRefusal("security_group:create", projectId);
  const view = useListView("name");
  const [creating, setCreating] = useState(false);
  const { filter, sort } = view;
  const query = useInfiniteQuery({
    ...trpc.securityGroup.list.infiniteQueryOptions({ projectId, filter, sort, limit: pageSize }, paging),
    refetchInterval: whileAny<SecurityGroupRow>(({ applied }) => !applied),
  });
  const base = `/p/${projectId}/security-groups`;
  return (
    <ListPage
      section="securityGroups"
      view={view}
      fields={securityGroupFields}
      query={query}
      columns={useColumns(base)}
      drawing={<KeyDrawing />}
      actions={[{ word: t("create"), blocked, onClick: () => setCreating(true) }]}
      file={{ name: "security-groups", query: { projectId } }}
      help={["securityGroup", "port", "instance"]}
      hrefOf={(id) => `${base}/${id}`}
    >
      {creating ? (
        <GroupDialog
          projectId={projectId}
          group={null}
          onClose={() => setCreating(false)}
          onCreated={(id) => router.push(`${base}/${id}`)}
        />
      ) : null}
    </ListPage>
  );
}

function useColumns(base: string): Column<SecurityGroupRow>[] {
  const t = useTranslations("securityGroups");
  return [
    {
      key: "name",
      title: t("columns.name"),
      sort: "name",
      cell: (row) => (
        <span className="flex min-w-0 flex-col gap-0.5">
          <RowLink
            href={`${base}/${row.id}`}
            className="line-clamp-2 font-medium break-words text-accent hover:underline"
          >
            {row.name}
          </RowLink>
          {row.description ? (
            <span className="line-clamp-2 text-label text-muted">{row.description}</span>
          ) : null}
        </span>
      ),
    },
    {
      key: "rules",
      title: t("columns.rules"),
      className: "text-right whitespace-nowrap tabular-nums @xl:pr-6",
      cell: (row) => row.ruleCount,
    },
    {
      key: "ports",
      title: t("columns.ports"),
      className: "text-right whitespace-nowrap tabular-nums @xl:pr-6",
      cell: (row) => row.portCount,
    },
    {
      key: "state",
      title: t("columns.state"),
      className: "hidden whitespace-nowrap @lg:table-cell",
      cell: (row) => <SettleMark done={row.applied}>{t(row.applied ? "applied" : "applying")}</SettleMark>,
    },
    {
      key: "createdAt",
      title: t("columns.created"),
      sort: "createdAt",
      className: "hidden whitespace-nowrap text-muted @xl:table-cell",
      cell: (row) => <Moment date={row.createdAt} />,
    },
  ];
}
