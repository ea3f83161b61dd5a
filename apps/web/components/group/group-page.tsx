"use client";

import { useQuery } from "@tanstack/react-query";
import { Ellipsis, Pencil, Trash2 } from "lucide-react";
import Link from "next/link";
import { useTranslations } from "next-intl";
import { useState } from "react";
import { failureOf } from "../../lib/failure.ts";
import type { GroupDetail } from "../../lib/rows.ts";
import { useTRPC } from "../../lib/trpc.ts";
import { usePermission } from "../../lib/use-permission.ts";
import { RoleBadge } from "../role/role-badge.tsx";
import { Missing } from "../shell/missing.tsx";
import { Page } from "../shell/page.tsx";
import { ExactTime } from "../timeline/moment.tsx";
import { TimelineSection } from "../timeline/timeline-section.tsx";
import { Button, IconButton } from "../ui/button.tsx";
import { CopyableId } from "../ui/copyable.tsx";
import { Fact } from "../ui/fact.tsx";
import { FailureNotice } from "../ui/failure-notice.tsx";
import { Menu, MenuItem } from "../ui/menu.tsx";
import { Section } from "../ui/section.tsx";
import { SkeletonLines } from "../ui/skeleton.tsx";
import { DeleteGroupDialog } from "./delete-group-dialog.tsx";
import { GroupDialog } from "./group-dialog.tsx";
import { GroupMembers } from "./group-members.tsx";

export function GroupPage({ id }: { id: string }) {
  const t = useTranslations("admin.groups");
  const tCommon = useTranslations("common");
  const trpc = useTRPC();
  const group = useQuery(trpc.admin.group.get.queryOptions({ id }));
  if (group.isPending) {
    return (
      <div className="p-6">
        <SkeletonLines count={8} label={tCommon("loading")} />
      </div>
    );
  }
  const failure = group.error ? failureOf(group.error) : null;
  if (failure && ["NotFound", "InvalidInput"].includes(failure.error.code)) return <Missing what="group" />;
  if (!group.data) {
    return failure ? (
      <div className="p-6">
        <FailureNotice failure={failure} onRetry={() => group.refetch()} />
      </div>
    ) : null;
  }
  return (
    <Page
      title={group.data.name}
      heading={<span className="line-clamp-2 min-w-0 break-words">{group.data.name}</span>}
      about={group.data.description || null}
      actions={<GroupActions group={group.data} />}
    >
      <div className="@container">
        <div className="grid gap-8 @4xl:grid-cols-[minmax(0,3fr)_minmax(0,2fr)]">
          <GroupMembers group={group.data} />
          <div className="flex flex-col gap-8">
            <ProjectRoles group={group.data} />
            <Section title={t("facts")}>
              <dl>
                <Fact name={t("id")}>
                  <CopyableId id={group.data.id} what={t("id")} whole />
                </Fact>
                <Fact name={t("createdAt")}>
                  <ExactTime date={group.data.createdAt} />
                </Fact>
              </dl>
            </Section>
            <TimelineSection projectId={null} resourceId={group.data.id} />
          </div>
        </div>
      </div>
    </Page>
  );
}

function GroupActions({ group }: { group: GroupDetail }) {
  const t = useTranslations("admin.groups");
  const tReasons = useTranslations("reasons");
  const blocked = usePermission("group:manage", null) ? null : tReasons("notPermitted");
  const [asked, setAsked] = useState<"edit" | "delete" | null>(null);
  return (
    <>
      <Button blocked={blocked} onClick={() => setAsked("edit")}>
        <Pencil aria-hidden />
        {t("edit")}
      </Button>
      <Menu
        trigger={
          <IconButton tone="plain" label={t("menu")}>
            <Ellipsis aria-hidden />
          </IconButton>
        }
      >
        <MenuItem danger icon={<Trash2 aria-hidden />} blocked={blocked} onSelect={() => setAsked("delete")}>
          {t("delete")}
        </MenuItem>
      </Menu>
      {asked === "edit" ? <GroupDialog group={group} onClose={() => setAsked(null)} /> : null}
      {asked === "delete" ? <DeleteGroupDialog group={group} onClose={() => setAsked(null)} /> : null}
    </>
  );
}

function ProjectRoles({ group }: { group: GroupDetail }) {
  const t = useTranslations("admin.groups");
  return (
    <Section title={t("roles")}>
      {group.projectRoles.length === 0 ? <p className="text-table text-muted">{t("noRoles")}</p> : null}
      <ul className="flex flex-col">
        {group.projectRoles.map((project) => (
          <li
            key={project.id}
            className="flex flex-wrap items-center justify-between gap-2 border-b py-2 text-table last:border-b-0"
          >
            <Link
              href={`/p/${project.id}/members`}
              className="min-w-0 font-medium break-words hover:text-accent hover:underline"
            >
              {project.name}
            </Link>
            <span className="flex flex-wrap gap-1">
              {project.roles.map((role) => (
                <RoleBadge key={role} role={role} />
              ))}
            </span>
          </li>
        ))}
      </ul>
    </Section>
  );
}
