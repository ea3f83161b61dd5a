"use client";

import { Lock } from "lucide-react";
import dynamic from "next/dynamic";
import { useTranslations } from "next-intl";
import { failureOf } from "../../lib/failure.ts";
import type { InstanceDetail } from "../../lib/rows.ts";
import { useQueryState } from "../../lib/use-query-state.ts";
import { Missing } from "../shell/missing.tsx";
import { Page } from "../shell/page.tsx";
import { FailureNotice } from "../ui/failure-notice.tsx";
import { SkeletonLines } from "../ui/skeleton.tsx";
import { TabLinks } from "../ui/tab-links.tsx";
import { ActionMenu, PrimaryAction } from "./action-menu.tsx";
import { FaultNotice } from "./fault-notice.tsx";
import { NetworkTab } from "./network-tab.tsx";
import { OverviewTab } from "./overview-tab.tsx";
import { ReclaimNotice } from "./reclaim-notice.tsx";
import { StatusReason } from "./status-reason.tsx";
import { StorageTab } from "./storage-tab.tsx";
import { TimelineTab } from "./timeline-tab.tsx";
import { useInstance } from "./use-instance.ts";

// The console's and the log's code is only loaded by those who look at them.
const ConsoleTab = dynamic(() => import("../console/console-tab.tsx").then((module) => module.ConsoleTab), {
  ssr: false,
});
const LogTab = dynamic(() => import("../console/log-tab.tsx").then((module) => module.LogTab), {
  ssr: false,
});

// And so are the charts'.
const MetricsTab = dynamic(() => import("../metrics/metrics-tab.tsx").then((module) => module.MetricsTab), {
  ssr: false,
});

const tabs = ["overview", "console", "metrics", "network", "storage", "log", "timeline"] as const;
type Tab = (typeof tabs)[number];

export function InstancePage({ projectId, id }: { projectId: string; id: string }) {
  const t = useTranslations("instance");
  const tCommon = useTranslations("common");
  const instance = useInstance(projectId, id);
  const [wanted] = useQueryState("tab");
  const tab = tabs.find((known) => known === wanted) ?? "overview";
  if (instance.isPending) {
    return (
      <div className="p-6">
        <SkeletonLines count={8} label={tCommon("loading")} />
      </div>
    );
  }
  if (!instance.data) {
    const failure = failureOf(instance.error);
    if (failure.error.code === "NotFound" || failure.error.code === "InvalidInput")
      return <Missing what="instance" />;
    return (
      <div className="p-6">
        <FailureNotice failure={failure} onRetry={() => instance.refetch()} />
      </div>
    );
  }
  const base = `/p/${projectId}/instances/${id}`;
  // Gone while one looks at it: what was known stays readable, under a word that says so.
  const gone = instance.error && failureOf(instance.error).error.code === "NotFound";
  if (gone) return <Missing what="instance" />;
  return (
    <Page
      title={instance.data.name}
      heading={<Heading instance={instance.data} />}
      actions={
        <>
          <PrimaryAction projectId={projectId} target={instance.data} />
          <ActionMenu projectId={projectId} target={instance.data} />
        </>
      }
    >
      <FaultNotice instance={instance.data} />
      <ReclaimNotice instance={instance.data} />
      <TabLinks
        label={t("tabs")}
        current={tab}
        tabs={tabs.map((key) => ({
          key,
          href: key === "overview" ? base : `${base}?tab=${key}`,
          label: t(key),
        }))}
      />
      <TabContent tab={tab} projectId={projectId} instance={instance.data} />
    </Page>
  );
}

function Heading({ instance }: { instance: InstanceDetail }) {
  const t = useTranslations("instances");
  return (
    <>
      <span className="line-clamp-2 min-w-0">{instance.name}</span>
      {instance.deleteProtection ? (
        <Lock role="img" aria-label={t("protected")} className="size-4 text-muted" />
      ) : null}
      <span className="text-table font-normal">
        <StatusReason instance={instance} />
      </span>
    </>
  );
}

function TabContent({ tab, projectId, instance }: { tab: Tab; projectId: string; instance: InstanceDetail }) {
  if (tab === "console") return <ConsoleTab projectId={projectId} instance={instance} />;
  if (tab === "metrics") return <MetricsTab projectId={projectId} instance={instance} />;
  if (tab === "network") return <NetworkTab projectId={projectId} instance={instance} />;
  if (tab === "storage") return <StorageTab projectId={projectId} instance={instance} />;
  if (tab === "log") return <LogTab projectId={projectId} instance={instance} />;
  if (tab === "timeline") return <TimelineTab projectId={projectId} instanceId={instance.id} />;
  return <OverviewTab projectId={projectId} instance={instance} />;
}
