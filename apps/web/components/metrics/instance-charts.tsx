"use client";

import { useTranslations } from "next-intl";
import { bytesText, memoryText } from "../../lib/amount.ts";
import type { InstanceMetricsView } from "../../lib/rows.ts";
import { type ChartLine, MetricChart } from "./metric-chart.tsx";

/** Told apart in both themes; with more devices than that they come again. */
const colours = ["accent", "running", "changing", "danger", "admin", "paused"];
const colourAt = (index: number) => colours[index % colours.length] ?? "accent";
const kibPerSecond = 1024;

export const rateText = (bytes: number) => `${bytesText(Math.round(bytes))}/s`;
export const percentText = (value: number) => `${Math.round(value * 10) / 10}%`;
export const mibText = (value: number) => memoryText(Math.round(value));

type Devices = InstanceMetricsView["disks"];

/** CPU, memory, disks and network of one instance. */
export function InstanceCharts({ metrics }: { metrics: InstanceMetricsView }) {
  const t = useTranslations("metrics");
  const { disks, nics, at, ramMib, vcpus } = metrics;
  const pair = (devices: Devices, first: 0 | 2, words: readonly [string, string]): ChartLine[] =>
    devices.flatMap(({ name, lines }, index) => {
      const both = first === 0 ? [lines[0], lines[1]] : [lines[2], lines[3]];
      return words.map((word, part) => ({
        label: devices.length > 1 ? `${name} ${word}` : word,
        values: both[part] ?? [],
        color: colourAt(index * 2 + part),
      }));
    });
  const knowsUsed = metrics.usedMib.some((value) => value !== null);
  const memory: ChartLine[] = [
    ...(knowsUsed ? [{ label: t("memory.used"), values: metrics.usedMib, color: "accent" }] : []),
    { label: t("memory.resident"), values: metrics.residentMib, color: knowsUsed ? "running" : "accent" },
    { label: t("memory.size"), values: at.map(() => ramMib), color: "danger", dashed: true },
  ];
  const operations = (value: number) => t("perSecond", { value: Math.round(value * 10) / 10 });
  const common = { data: metrics };
  return (
    <div className="grid gap-8 @4xl:grid-cols-2">
      <MetricChart
        {...common}
        title={t("cpu.title", { vcpus })}
        lines={[{ label: t("cpu.used"), values: metrics.cpuPercent, color: "accent" }]}
        words={percentText}
        least={10}
      />
      <MetricChart {...common} title={t("memory.title")} lines={memory} words={mibText} least={64} />
      <MetricChart
        {...common}
        title={t("disk.title")}
        lines={pair(disks, 0, [t("disk.read"), t("disk.written")])}
        words={rateText}
        least={kibPerSecond}
      />
      <MetricChart
        {...common}
        title={t("disk.operations")}
        lines={pair(disks, 2, [t("disk.reads"), t("disk.writes")])}
        words={operations}
        least={5}
      />
      {nics.length > 0 ? (
        <MetricChart
          {...common}
          title={t("network.title")}
          lines={pair(nics, 0, [t("network.in"), t("network.out")])}
          words={rateText}
          least={kibPerSecond}
        />
      ) : null}
    </div>
  );
}
