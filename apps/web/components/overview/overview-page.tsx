"use client";

import { useQuery } from "@tanstack/react-query";
import { Plus } from "lucide-react";
import Link from "next/link";
import { useTranslations } from "next-intl";
import type { ReactNode } from "react";
import { failureOf } from "../../lib/failure.ts";
import { useTRPC } from "../../lib/trpc.ts";
import { useMe } from "../../lib/use-me.ts";
import { usePermission } from "../../lib/use-permission.ts";
import { useProjectId } from "../../lib/use-project.ts";
import { useInstanceColumns } from "../instance/instance-columns.tsx";
import { useInstances } from "../instance/use-instances.ts";
import { rowsOf } from "../list/pages.ts";
import { ProjectMetrics } from "../metrics/project-metrics.tsx";
import { QuotaMeters } from "../quota/quota-meters.tsx";
import { Page } from "../shell/page.tsx";
import { Timeline } from "../timeline/timeline.tsx";
import { ButtonLink } from "../ui/button.tsx";
import { DataTable } from "../ui/data-table.tsx";
import { EmptyState, YardDrawing } from "../ui/empty-state.tsx";
import { FailureNotice } from "../ui/failure-notice.tsx";
import { SkeletonLines } from "../ui/skeleton.tsx";
import { FirstSteps } from "./first-steps.tsx";
import { useFirstSteps } from "./use-first-steps.ts";

const recentInstances = 5;
const recentEvents = 10;
const skeletonRows = 3;

function Part({ title, link, children }: { title: string; link?: ReactNode; children: ReactNode }) {
  return (
    <section aria-label={title} className="flex min-w-0 flex-col gap-3">
      <div className="flex items-baseline justify-between gap-3">
        <h2 className="text-lead font-semibold">{title}</h2>
        {link}
      </div>
      {children}
    </section>
  );
}

/** The yard of a project: what is used, what runs, what happened. */
export function OverviewPage() {
  const t = useTranslations("overview");
  const projectId = useProjectId();
  const me = useMe();
  const trpc = useTRPC();
  const mayCreate = usePermission("instance:create", projectId);
  const project = me.projects.find((one) => one.id === projectId);
  const quota = useQuery(trpc.project.quota.queryOptions({ projectId }));
  const query = useInstances(projectId, {}, "-createdAt");
  const { rows } = rowsOf(query);
  const columns = useInstanceColumns({ projectId, rows: rows.slice(0, recentInstances) });
  const base = `/p/${projectId}`;
  const launch = mayCreate ? (
    <ButtonLink href={`${base}/instances/launch`} tone="primary">
      <Plus aria-hidden />
      {t("launch")}
    </ButtonLink>
  ) : null;
  const first = query.isSuccess && rows.length === 0;
  const guide = useFirstSteps(me.user.id, projectId, first);
  const guided = guide.isShown && mayCreate && query.isSuccess;
  return (
    <Page
      title={project?.name ?? t("title")}
      about={project?.description || null}
      actions={first ? null : launch}
    >
      {guided ? <FirstSteps projectId={projectId} instances={rows} onHide={guide.hide} /> : null}
      <Part title={t("quota")}>
        {quota.data ? <QuotaMeters lines={quota.data.lines} /> : null}
        {quota.isPending ? <SkeletonLines count={2} label={t("quota")} /> : null}
        {quota.isError ? (
          <FailureNotice failure={failureOf(quota.error)} onRetry={() => quota.refetch()} />
        ) : null}
      </Part>
      {first ? null : (
        <Part title={t("metrics")}>
          <ProjectMetrics projectId={projectId} />
        </Part>
      )}
      {first && !guided ? (
        <EmptyState drawing={<YardDrawing />} title={t("first.title")} about={t("first.about")}>
          {launch}
        </EmptyState>
      ) : null}
      {first ? null : (
        <Part
          title={t("recent")}
          link={
            <Link href={`${base}/instances`} className="text-table text-accent hover:underline">
              {t("allInstances")}
            </Link>
          }
        >
          {query.isError ? (
            <FailureNotice failure={failureOf(query.error)} onRetry={() => query.refetch()} />
          ) : null}
          <DataTable
            label={t("recent")}
            columns={columns}
            rows={rows.slice(0, recentInstances)}
            rowKey={(row) => row.id}
            loadingRows={query.isPending ? skeletonRows : 0}
          />
        </Part>
      )}
      <Part
        title={t("activity")}
        link={
          <Link href={`${base}/activity`} className="text-table text-accent hover:underline">
            {t("allActivity")}
          </Link>
        }
      >
        <Timeline projectId={projectId} pageSize={recentEvents} brief />
      </Part>
    </Page>
  );
}
