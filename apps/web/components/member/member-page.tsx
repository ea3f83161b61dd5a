"use client";

import { memberFields } from "@madang/core/filter/people-fields";
import { useInfiniteQuery } from "@tanstack/react-query";
import { UserPlus } from "lucide-react";
import { useTranslations } from "next-intl";
import { useState } from "react";
import type { MemberRow } from "../../lib/rows.ts";
import { useTRPC } from "../../lib/trpc.ts";
import { useMe } from "../../lib/use-me.ts";
import { useRefusal } from "../../lib/use-permission.ts";
import { useProjectId } from "../../lib/use-project.ts";
import { ListPage } from "../list/list-page.tsx";
import { pageSize, paging } from "../list/pages.ts";
import { useListView } from "../list/use-list-view.ts";
import { YardDrawing } from "../ui/empty-state.tsx";
import { AddMemberDialog } from "./add-member-dialog.tsx";
import { useMemberColumns } from "./member-columns.tsx";
import { RemoveMemberDialog } from "./remove-member-dialog.tsx";
import { RoleDialog } from "./role-dialog.tsx";

type Asked = { kind: "add" } | { kind: "change" | "remove"; member: MemberRow };

/** Who works in the project, and as what. */
export function MemberPage() {
  const t = useTranslations("members");
  const trpc = useTRPC();
  const projectId = useProjectId();
  const project = useMe().projects.find(({ id }) => id === projectId);
  const blocked = useRefusal("member:manage", projectId);
  const view = useListView("name");
  const [asked, setAsked] = useState<Asked | null>(null);
  const { filter, sort } = view;
  const query = useInfiniteQuery(
    trpc.member.list.infiniteQueryOptions({ projectId, filter, sort, limit: pageSize }, paging),
  );
  const of = { projectId, projectName: project?.name ?? "", held: project?.roles ?? [] };
  const close = () => setAsked(null);
  const onAsk = (kind: "change" | "remove", member: MemberRow) => setAsked({ kind, member });
  return (
    <ListPage
      section="members"
      view={view}
      fields={memberFields}
      query={query}
      columns={useMemberColumns({ blocked, held: of.held, onAsk })}
      drawing={<YardDrawing />}
      actions={[{ word: t("add"), icon: UserPlus, blocked, onClick: () => setAsked({ kind: "add" }) }]}
      file={{ name: "members", query: { projectId } }}
      help={["role", "group", "project"]}
    >
      {asked?.kind === "add" ? <AddMemberDialog {...of} onClose={close} /> : null}
      {asked?.kind === "change" ? <RoleDialog {...of} member={asked.member} onClose={close} /> : null}
      {asked?.kind === "remove" ? <RemoveMemberDialog {...of} member={asked.member} onClose={close} /> : null}
    </ListPage>
  );
}
