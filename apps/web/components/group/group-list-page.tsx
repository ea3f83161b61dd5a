"use client";

import { groupFields } from "@madang/core/filter/people-fields";
import { useInfiniteQuery } from "@tanstack/react-query";
import { useRouter } from "next/navigation";
import { useTranslations } from "next-intl";
import { useState } from "react";
import type { GroupRow } from "../../lib/rows.ts";
import { useTRPC } from "../../lib/trpc.ts";
import { useRefusal } from "../../lib/use-permission.ts";
import { ListPage } from "../list/list-page.tsx";
import { pageSize, paging } from "../list/pages.ts";
import { useListView } from "../list/use-list-view.ts";
import { Moment } from "../timeline/moment.tsx";
import type { Column } from "../ui/data-table.tsx";
import { YardDrawing } from "../ui/empty-state.tsx";
import { RowLink } from "../ui/row-link.tsx";
import { GroupDialog } from "./group-dialog.tsx";

export function GroupListPage() {
  const t = useTranslations("admin.groups");
  const trpc = useTRPC();
  const router = useRouter();
  const blocked = useRefusal("group:manage", null);
  const view = useListView("name");
  const [creating, setCreating] = useState(false);
  const { filter, sort } = view;
  const query = useInfiniteQuery(
    trpc.admin.group.list.infiniteQueryOptions({ filter, sort, limit: pageSize }, paging),
  );
  const open = (id: string) => router.push(`/admin/groups/${id}`);
  return (
    <ListPage
      section="admin.groups"
      view={view}
      fields={groupFields}
      query={query}
      columns={useColumns()}
      drawing={<YardDrawing />}
      actions={[{ word: t("create"), blocked, onClick: () => setCreating(true) }]}
      file={{ name: "groups" }}
      help={["group", "role", "project"]}
      hrefOf={(id) => `/admin/groups/${id}`}
    >
      {creating ? <GroupDialog group={null} onClose={() => setCreating(false)} onCreated={open} /> : null}
    </ListPage>
  );
}

function useColumns(): Column<GroupRow>[] {
  const t = useTranslations("admin.groups");
  return [
    {
      key: "name",
      title: t("name"),
      sort: "name",
      cell: (group) => (
        <span className="flex flex-col gap-0.5">
          <RowLink
            href={`/admin/groups/${group.id}`}
            className="line-clamp-2 font-medium break-words text-accent hover:underline"
          >
            {group.name}
          </RowLink>
          {group.description ? (
            <span className="line-clamp-2 text-label text-muted">{group.description}</span>
          ) : null}
        </span>
      ),
    },
    {
      key: "members",
      title: t("members"),
      className: "text-right whitespace-nowrap tabular-nums @xl:pr-6",
      cell: (group) => group.members,
    },
    {
      key: "projects",
      title: t("projects"),
      className: "text-right whitespace-nowrap tabular-nums @xl:pr-6",
      cell: (group) => group.projects,
    },
    {
      key: "createdAt",
      title: t("createdAt"),
      sort: "createdAt",
      className: "hidden whitespace-nowrap text-muted @xl:table-cell",
      cell: (group) => <Moment date={group.createdAt} />,
    },
  ];
}
