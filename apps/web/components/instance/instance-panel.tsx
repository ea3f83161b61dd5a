"use client";

import Link from "next/link";
import { useTranslations } from "next-intl";
import { failureOf } from "../../lib/failure.ts";
import { SidePanel } from "../list/side-panel.tsx";
import { Timeline } from "../timeline/timeline.tsx";
import { ButtonLink } from "../ui/button.tsx";
import { FailureNotice } from "../ui/failure-notice.tsx";
import { SkeletonLines } from "../ui/skeleton.tsx";
import { ActionMenu, PrimaryAction } from "./action-menu.tsx";
import { InstanceFacts } from "./facts.tsx";
import { FaultNotice } from "./fault-notice.tsx";
import { StatusReason } from "./status-reason.tsx";
import { useInstance } from "./use-instance.ts";

type InstancePanelProps = { projectId: string; id: string; onClose: () => void };

const newestEvents = 5;

/** One instance beside the list; pushes the list where there is room, lies over it where there is not. */
export function InstancePanel({ projectId, id, onClose }: InstancePanelProps) {
  const t = useTranslations("instances");
  const tCommon = useTranslations("common");
  const instance = useInstance(projectId, id);
  return (
    <SidePanel id={id} label={t("panel")} title={instance.data?.name ?? "…"} onClose={onClose}>
      {instance.isPending ? <SkeletonLines count={6} label={tCommon("loading")} /> : null}
      {instance.isError ? (
        <FailureNotice failure={failureOf(instance.error)} onRetry={() => instance.refetch()} />
      ) : null}
      {instance.data ? (
        <>
          <div className="flex flex-wrap items-center justify-between gap-2 text-table">
            <StatusReason instance={instance.data} />
            <span className="flex gap-1.5">
              <PrimaryAction projectId={projectId} target={instance.data} />
              <ActionMenu projectId={projectId} target={instance.data} />
            </span>
          </div>
          <FaultNotice instance={instance.data} />
          <InstanceFacts instance={instance.data} brief />
          <section aria-label={t("recentActivity")}>
            <h3 className="mb-1 text-table font-semibold">{t("recentActivity")}</h3>
            <Timeline projectId={projectId} resourceId={id} pageSize={newestEvents} brief />
            <Link
              href={`/p/${projectId}/instances/${id}?tab=timeline`}
              className="text-label text-accent hover:underline"
            >
              {t("wholeTimeline")}
            </Link>
          </section>
          <ButtonLink href={`/p/${projectId}/instances/${id}`} className="mt-auto">
            {t("open")}
          </ButtonLink>
        </>
      ) : null}
    </SidePanel>
  );
}
