"use client";

import { useQuery } from "@tanstack/react-query";
import Link from "next/link";
import { useTranslations } from "next-intl";
import { useState } from "react";
import { failureOf } from "../../lib/failure.ts";
import type { UserDetail } from "../../lib/rows.ts";
import { useTRPC } from "../../lib/trpc.ts";
import { usePermission } from "../../lib/use-permission.ts";
import { RoleBadge } from "../role/role-badge.tsx";
import { Missing } from "../shell/missing.tsx";
import { Page } from "../shell/page.tsx";
import { TimelineSection } from "../timeline/timeline-section.tsx";
import { Button } from "../ui/button.tsx";
import { FailureNotice } from "../ui/failure-notice.tsx";
import { Section } from "../ui/section.tsx";
import { SkeletonLines } from "../ui/skeleton.tsx";
import { SystemRoleDialog } from "./system-role-dialog.tsx";
import { UserActions } from "./user-actions.tsx";
import { UserFacts } from "./user-facts.tsx";
import { UserState } from "./user-state.tsx";

export function UserPage({ id }: { id: string }) {
  const tCommon = useTranslations("common");
  const trpc = useTRPC();
  const user = useQuery(trpc.admin.user.get.queryOptions({ id }));
  if (user.isPending) {
    return (
      <div className="p-6">
        <SkeletonLines count={8} label={tCommon("loading")} />
      </div>
    );
  }
  const failure = user.error ? failureOf(user.error) : null;
  if (failure && ["NotFound", "InvalidInput"].includes(failure.error.code)) return <Missing what="user" />;
  if (!user.data) {
    return failure ? (
      <div className="p-6">
        <FailureNotice failure={failure} onRetry={() => user.refetch()} />
      </div>
    ) : null;
  }
  return (
    <Page
      title={user.data.name}
      heading={
        <>
          <span className="line-clamp-2 min-w-0 break-words">{user.data.name}</span>
          <span className="text-table font-normal">
            <UserState user={user.data} />
          </span>
        </>
      }
      about={user.data.description || null}
      actions={<UserActions user={user.data} />}
    >
      <div className="@container">
        <div className="grid gap-8 @4xl:grid-cols-[minmax(0,1fr)_minmax(0,1fr)]">
          <UserFacts user={user.data} />
          <div className="flex flex-col gap-8">
            <SystemRoles user={user.data} />
            <ProjectRoles user={user.data} />
            <TimelineSection projectId={null} resourceId={user.data.id} />
          </div>
        </div>
      </div>
    </Page>
  );
}

function SystemRoles({ user }: { user: UserDetail }) {
  const t = useTranslations("admin.users");
  const tRoles = useTranslations("roles");
  const tReasons = useTranslations("reasons");
  const allowed = usePermission("user:secure", null);
  const [changing, setChanging] = useState(false);
  return (
    <Section title={t("systemRole")}>
      <div className="flex flex-wrap items-start justify-between gap-3">
        {user.systemRoles.length === 0 ? (
          <p className="text-table text-muted">{t("noSystemRole")}</p>
        ) : (
          <ul className="flex min-w-0 flex-col gap-1.5 text-table">
            {user.systemRoles.map((role) => (
              <li key={role} className="flex flex-wrap items-baseline gap-2">
                <RoleBadge role={role} />
                <span className="text-label text-muted">
                  {tRoles(role === "admin" ? "systemShort.admin" : "systemShort.reader")}
                </span>
              </li>
            ))}
          </ul>
        )}
        <Button
          size="small"
          blocked={allowed ? null : tReasons("notPermitted")}
          onClick={() => setChanging(true)}
        >
          {t("changeRoles")}
        </Button>
      </div>
      {changing ? <SystemRoleDialog user={user} onClose={() => setChanging(false)} /> : null}
    </Section>
  );
}

function ProjectRoles({ user }: { user: UserDetail }) {
  const t = useTranslations("admin.users");
  const tMembers = useTranslations("members");
  return (
    <Section title={t("projects")}>
      {user.projectRoles.length === 0 ? <p className="text-table text-muted">{t("noProjects")}</p> : null}
      <ul className="flex flex-col">
        {user.projectRoles.map((project) => (
          <li
            key={project.id}
            className="flex flex-wrap items-center justify-between gap-2 border-b py-2 text-table last:border-b-0"
          >
            <span className="min-w-0">
              <Link
                href={`/p/${project.id}/members`}
                className="font-medium break-words hover:text-accent hover:underline"
              >
                {project.name}
              </Link>
              {project.enabled ? null : (
                <span className="ml-1.5 text-label text-muted">{t("projectDisabled")}</span>
              )}
            </span>
            <span className="flex flex-wrap gap-1">
              {project.roles.map(({ role, group }) => (
                <RoleBadge key={`${role} ${group?.id}`} role={role}>
                  {group ? tMembers("via", { group: group.name }) : null}
                </RoleBadge>
              ))}
            </span>
          </li>
        ))}
      </ul>
    </Section>
  );
}
