"use client";

import { useQuery } from "@tanstack/react-query";
import { Ellipsis, Pencil, Trash2 } from "lucide-react";
import Link from "next/link";
import { useTranslations } from "next-intl";
import { useState } from "react";
import { failureOf } from "../../lib/failure.ts";
import type { SecurityGroupDetail } from "../../lib/rows.ts";
import { useTRPC } from "../../lib/trpc.ts";
import { usePermission } from "../../lib/use-permission.ts";
import { SettleMark } from "../network/settle-mark.tsx";
import { Missing } from "../shell/missing.tsx";
import { Page } from "../shell/page.tsx";
import { ExactTime } from "../timeline/moment.tsx";
import { Timeline } from "../timeline/timeline.tsx";
import { Button, IconButton } from "../ui/button.tsx";
import { CopyableId } from "../ui/copyable.tsx";
import { Fact } from "../ui/fact.tsx";
import { FailureNotice } from "../ui/failure-notice.tsx";
import { Menu, MenuItem } from "../ui/menu.tsx";
import { Section } from "../ui/section.tsx";
import { SkeletonLines } from "../ui/skeleton.tsx";
import { DeleteGroupDialog } from "./delete-group-dialog.tsx";
import { GroupDialog } from "./group-dialog.tsx";
import { RuleSection } from "./rule-section.tsx";
import { UsedBy } from "./used-by.tsx";

const newestEvents = 6;

export function SecurityGroupPage({ projectId, id }: { projectId: string; id: string }) {
  const t = useTranslations("securityGroups");
  const tCommon = useTranslations("common");
  const trpc = useTRPC();
  const group = useQuery(trpc.securityGroup.get.queryOptions({ projectId, id }));
  const failure = group.error ? failureOf(group.error) : null;
  if (failure && ["NotFound", "InvalidInput"].includes(failure.error.code))
    return <Missing what="securityGroup" />;
  if (!group.data) {
    return (
      <div className="p-6">
        {failure ? (
          <FailureNotice failure={failure} onRetry={() => group.refetch()} />
        ) : (
          <SkeletonLines count={8} label={tCommon("loading")} />
        )}
      </div>
    );
  }
  return (
    <Page
      title={group.data.name}
      heading={<span className="line-clamp-2 min-w-0 break-words">{group.data.name}</span>}
      about={group.data.description || t("pageAbout")}
      actions={<GroupActions projectId={projectId} group={group.data} />}
    >
      <div className="@container">
        <div className="grid gap-8 @4xl:grid-cols-[minmax(0,3fr)_minmax(0,2fr)]">
          <RuleSection projectId={projectId} group={group.data} />
          <div className="flex min-w-0 flex-col gap-8">
            <UsedBy projectId={projectId} group={group.data} />
            <Facts projectId={projectId} group={group.data} />
          </div>
        </div>
      </div>
    </Page>
  );
}

type GroupProps = { projectId: string; group: SecurityGroupDetail };

function Facts({ projectId, group }: GroupProps) {
  const t = useTranslations("securityGroups");
  return (
    <Section title={t("facts")}>
      <dl>
        <Fact name={t("id")}>
          <CopyableId id={group.id} what={t("id")} whole />
        </Fact>
        <Fact name={t("columns.created")}>
          <ExactTime date={group.createdAt} />
        </Fact>
        <Fact name={t("columns.state")}>
          <SettleMark done={group.applied}>{t(group.applied ? "applied" : "applying")}</SettleMark>
        </Fact>
        {group.namedBy.length > 0 ? (
          <Fact name={t("namedBy")}>
            <span className="flex flex-wrap gap-x-2">
              {group.namedBy.map(({ id, name }) => (
                <Link
                  key={id}
                  href={`/p/${projectId}/security-groups/${id}`}
                  className="break-words hover:text-accent hover:underline"
                >
                  {name}
                </Link>
              ))}
            </span>
          </Fact>
        ) : null}
      </dl>
      <Timeline projectId={projectId} resourceId={group.id} pageSize={newestEvents} brief />
    </Section>
  );
}

/** Why it can't be deleted now, before anybody has to ask the server. */
function useDeleteBlocked({ projectId, group }: GroupProps): string | null {
  const t = useTranslations("securityGroups");
  const tReasons = useTranslations("reasons");
  const allowed = usePermission("security_group:delete", projectId);
  if (!allowed) return tReasons("notPermitted");
  if (group.isDefault) return t("defaultStays");
  if (group.portCount > 0) return t("stillUsed", { count: group.portCount });
  if (group.namedBy.length > 0) return t("stillNamed", { count: group.namedBy.length });
  return null;
}

function GroupActions({ projectId, group }: GroupProps) {
  const t = useTranslations("securityGroups");
  const tReasons = useTranslations("reasons");
  const blocked = usePermission("security_group:update", projectId) ? null : tReasons("notPermitted");
  const deleteBlocked = useDeleteBlocked({ projectId, group });
  const [asked, setAsked] = useState<"edit" | "delete" | null>(null);
  return (
    <>
      <Button blocked={blocked} onClick={() => setAsked("edit")}>
        <Pencil aria-hidden />
        {t("edit")}
      </Button>
      <Menu
        trigger={
          <IconButton tone="plain" label={t("menu", { name: group.name })}>
            <Ellipsis aria-hidden />
          </IconButton>
        }
      >
        <MenuItem
          danger
          icon={<Trash2 aria-hidden />}
          blocked={deleteBlocked}
          onSelect={() => setAsked("delete")}
        >
          {t("delete")}
        </MenuItem>
      </Menu>
      {asked === "edit" ? (
        <GroupDialog projectId={projectId} group={group} onClose={() => setAsked(null)} />
      ) : null}
      {asked === "delete" ? (
        <DeleteGroupDialog projectId={projectId} group={group} onClose={() => setAsked(null)} />
      ) : null}
    </>
  );
}
