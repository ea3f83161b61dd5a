"use client";

import { useTranslations } from "next-intl";
import type { ProjectMetricsView } from "../../lib/rows.ts";
import { mibText, rateText } from "./instance-charts.tsx";
import { type ChartLine, MetricChart } from "./metric-chart.tsx";

type Point = ProjectMetricsView["points"][number];

/** CPU and memory beside the quota, disks and network. */
export function ProjectCharts({ metrics }: { metrics: ProjectMetricsView }) {
  const t = useTranslations("metrics");
  const { points, limits, from, to, stepMs } = metrics;
  const rows = withGaps(points, stepMs / 1000);
  const data = { at: rows.map(({ at }) => at), from, to, stepMs };
  const line = (label: string, of: (point: Point) => number, color: string): ChartLine => ({
    ...{ label, color, values: rows.map(({ point }) => point && of(point)) },
  });
  const quota = (limit: number): ChartLine[] =>
    limit < 0
      ? []
      : [{ label: t("project.quota"), values: rows.map(() => limit), color: "danger", dashed: true }];
  const cores = (value: number) => t("project.cores", { value: Math.round(value * 100) / 100 });
  return (
    <div className="grid gap-8 @4xl:grid-cols-2">
      <MetricChart
        title={t("project.cpu")}
        data={data}
        lines={[line(t("project.vcpus"), ({ vcpus }) => vcpus, "accent"), ...quota(limits.vcpus)]}
        words={cores}
        least={1}
      />
      <MetricChart
        title={t("project.memory")}
        data={data}
        lines={[
          line(t("project.memoryUsed"), ({ memoryMib }) => memoryMib, "accent"),
          ...quota(limits.ramMib),
        ]}
        words={mibText}
        least={64}
      />
      <MetricChart
        title={t("project.disk")}
        data={data}
        lines={[
          line(t("disk.read"), ({ read }) => read, "accent"),
          line(t("disk.written"), ({ written }) => written, "running"),
        ]}
        words={rateText}
        least={1024}
      />
      <MetricChart
        title={t("project.network")}
        data={data}
        lines={[
          line(t("network.in"), (point) => point.in, "accent"),
          line(t("network.out"), (point) => point.out, "running"),
        ]}
        words={rateText}
        least={1024}
      />
    </div>
  );
}

/** Where nothing was measured nothing is drawn. */
function withGaps(points: readonly Point[], step: number): { at: number; point: Point | null }[] {
  return points.flatMap((point, index) => {
    const before = points[index - 1];
    const gap = before && point.at - before.at > 2.5 * step ? [{ at: before.at + step, point: null }] : [];
    return [...gap, { at: point.at, point }];
  });
}
