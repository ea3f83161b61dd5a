"use client";

import { type MetricRange, metricRanges } from "@madang/core/metrics/level";
import { useQuery } from "@tanstack/react-query";
import { useTranslations } from "next-intl";
import { failureOf } from "../../lib/failure.ts";
import type { InstanceDetail, InstanceMetricsView } from "../../lib/rows.ts";
import { useTRPC } from "../../lib/trpc.ts";
import { useQueryState } from "../../lib/use-query-state.ts";
import { EmptyState, YardDrawing } from "../ui/empty-state.tsx";
import { FailureNotice } from "../ui/failure-notice.tsx";
import { Notice } from "../ui/notice.tsx";
import { Skeleton } from "../ui/skeleton.tsx";
import { InstanceCharts } from "./instance-charts.tsx";
import { RangeChoice } from "./range-choice.tsx";

/** The last hour comes every ten seconds; the others' points are minutes apart. */
const refreshMs: Record<MetricRange, number> = { "1h": 10_000, "24h": 60_000, "7d": 300_000, "30d": 300_000 };

/** What an instance used, over a range that stands in the address. */
export function MetricsTab({ projectId, instance }: { projectId: string; instance: InstanceDetail }) {
  const trpc = useTRPC();
  const [wanted, setRange] = useQueryState("range");
  const range = metricRanges.find((one) => one === wanted) ?? "1h";
  const options = { refetchInterval: refreshMs[range] };
  const query = useQuery(trpc.instance.metrics.queryOptions({ projectId, id: instance.id, range }, options));
  return (
    <div className="flex flex-col gap-4">
      <RangeChoice range={range} onRange={setRange} />
      {query.isError ? (
        <FailureNotice failure={failureOf(query.error)} onRetry={() => query.refetch()} />
      ) : null}
      {query.isPending ? <Skeleton className="h-84 w-full" /> : null}
      {query.data ? <Charts metrics={query.data} /> : null}
    </div>
  );
}

function Charts({ metrics }: { metrics: InstanceMetricsView }) {
  const t = useTranslations("metrics");
  if (metrics.at.length === 0)
    return (
      <EmptyState
        drawing={<YardDrawing />}
        title={t(`empty.${metrics.source}.title`)}
        about={t(`empty.${metrics.source}.about`)}
      />
    );
  return (
    <>
      {metrics.source === "simulated" ? <Notice tone="info">{t("simulated")}</Notice> : null}
      {metrics.source === "agentTooOld" ? <Notice tone="info">{t("empty.agentTooOld.about")}</Notice> : null}
      <InstanceCharts metrics={metrics} />
    </>
  );
}
