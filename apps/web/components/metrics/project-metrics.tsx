"use client";

import { type MetricRange, metricRanges } from "@madang/core/metrics/level";
import { useQuery } from "@tanstack/react-query";
import dynamic from "next/dynamic";
import { useTranslations } from "next-intl";
import { useState } from "react";
import { failureOf } from "../../lib/failure.ts";
import { useTRPC } from "../../lib/trpc.ts";
import { FailureNotice } from "../ui/failure-notice.tsx";
import { Skeleton } from "../ui/skeleton.tsx";
import { RangeChoice } from "./range-choice.tsx";

const ProjectCharts = dynamic(() => import("./project-charts.tsx").then((module) => module.ProjectCharts), {
  ssr: false,
  loading: () => <Skeleton className="h-64 w-full" />,
});

const refreshMs = 60_000;

/** What all instances of a project use together. */
export function ProjectMetrics({ projectId }: { projectId: string }) {
  const t = useTranslations("metrics");
  const trpc = useTRPC();
  const [range, setRange] = useState<MetricRange>("1h");
  const options = { refetchInterval: refreshMs };
  const query = useQuery(trpc.project.metrics.queryOptions({ projectId, range }, options));
  const choose = (wanted: string) => setRange(metricRanges.find((one) => one === wanted) ?? "1h");
  return (
    <div className="flex flex-col gap-4">
      <RangeChoice range={range} onRange={choose} />
      {query.isError ? (
        <FailureNotice failure={failureOf(query.error)} onRetry={() => query.refetch()} />
      ) : null}
      {query.isPending ? <Skeleton className="h-64 w-full" /> : null}
      {query.data?.points.length === 0 ? <p className="text-table text-muted">{t("project.empty")}</p> : null}
      {query.data && query.data.points.length > 0 ? <ProjectCharts metrics={query.data} /> : null}
    </div>
  );
}
