"use client";

import { useTranslations } from "next-intl";
import type { InstanceDetail } from "../../lib/rows.ts";
import { ReachSection } from "../reach/reach-section.tsx";
import { Timeline } from "../timeline/timeline.tsx";
import { Notice } from "../ui/notice.tsx";
import { Toggle } from "../ui/toggle.tsx";
import { useAct, useBlocked } from "./actions.tsx";
import { InstanceCrashPolicy } from "./crash-policy-field.tsx";
import { InstanceFacts } from "./facts.tsx";
import { SshLine } from "./ssh-line.tsx";

const newestEvents = 6;

export function OverviewTab({ projectId, instance }: { projectId: string; instance: InstanceDetail }) {
  const t = useTranslations("instance");
  const act = useAct();
  const blocked = useBlocked(projectId);
  return (
    <div className="grid gap-8 @4xl:grid-cols-[minmax(0,1fr)_minmax(0,24rem)]">
      <section aria-label={t("facts")} className="min-w-0">
        <InstanceFacts instance={instance} />
      </section>
      <div className="flex min-w-0 flex-col gap-6">
        <SshLine instance={instance} />
        <ReachSection projectId={projectId} instance={instance} />
        {instance.addresses.length === 0 ? (
          <Notice title={t("noNetworkTitle")}>{t("noNetworkAbout")}</Notice>
        ) : null}
        <Toggle
          label={t("protection")}
          help={blocked("protect", instance) ?? t("protectionHelp")}
          checked={instance.deleteProtection}
          disabled={blocked("protect", instance) !== null}
          onChange={() => act("protect", instance)}
        />
        <InstanceCrashPolicy instance={instance} />
        <section aria-label={t("recentActivity")}>
          <h2 className="mb-1 text-body font-semibold">{t("recentActivity")}</h2>
          <Timeline projectId={projectId} resourceId={instance.id} pageSize={newestEvents} brief />
        </section>
      </div>
    </div>
  );
}
