"use client";

import { type QuotaResource, ruleOf } from "@madang/core/quota/resource";
import { useFormatter, useTranslations } from "next-intl";
import { useTheme } from "next-themes";
import { useEffect, useRef } from "react";
import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";
import "./usage-chart.css";
import { amountText } from "../../lib/amount.ts";
import type { Translate } from "../../lib/error-text.ts";
import type { UsagePoint } from "../../lib/rows.ts";

type Props = { title: string; resource: QuotaResource; points: readonly UsagePoint[]; from: Date; to: Date };

const height = 256;
const dayMs = 86_400_000;

function colour(name: string): string {
  return getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
}

/** What is counted in MiB is drawn in GiB, so that the axis has round numbers. */
function perDrawn(resource: QuotaResource): number {
  return ruleOf(resource).unit === "MiB" ? 1024 : 1;
}

function dataOf(points: readonly UsagePoint[], per: number): uPlot.AlignedData {
  return [
    points.map(({ at }) => at.getTime() / 1000),
    points.map(({ inUse }) => inUse / per),
    // Without a limit there is no line.
    points.map(({ limit }) => (limit < 0 ? null : limit / per)),
  ];
}

/** Usage as an area, the quota as a dashed line above it. Its numbers are in the table below. */
export function UsageChart({ title, resource, points, from, to }: Props) {
  const t: Translate = useTranslations();
  const format = useFormatter();
  const { resolvedTheme } = useTheme();
  const frame = useRef<HTMLDivElement>(null);
  const chart = useRef<uPlot | null>(null);
  const [first, last] = [from.getTime(), to.getTime()];
  const per = perDrawn(resource);
  const data = dataOf(points, per);
  const latest = useRef(data);
  latest.current = data;
  // The theme is among what it depends on because colours are read from the page.
  useEffect(() => {
    const element = frame.current;
    if (!element) return;
    const time = (seconds: number) => {
      const date = new Date(seconds * 1000);
      return last - first > 2 * dayMs
        ? format.dateTime(date, { month: "short", day: "numeric" })
        : format.dateTime(date, { hour: "2-digit", minute: "2-digit" });
    };
    const line = {
      stroke: colour("muted"),
      grid: { stroke: colour("line"), width: 1 },
      ticks: { show: false },
    };
    const font = `12px ${getComputedStyle(document.body).fontFamily}`;
    const amount = (value: number | null) => (value === null ? "–" : amountText(t, resource, value * per));
    const made = new uPlot(
      {
        width: element.clientWidth,
        height,
        cursor: { y: false },
        scales: {
          x: { time: true, range: () => [first / 1000, last / 1000] },
          y: { range: (_chart, _low, high) => [0, Math.max(1, (high ?? 0) * 1.1)] },
        },
        axes: [
          { ...line, font, values: (_chart, splits) => splits.map(time) },
          {
            ...line,
            font,
            size: 64,
            values: (_chart, splits) => splits.map((value) => wholeText(value, amount)),
          },
        ],
        series: [
          {
            label: t("quota.usage.time"),
            value: (_chart, value) =>
              value === null
                ? "–"
                : format.dateTime(new Date(value * 1000), { dateStyle: "medium", timeStyle: "short" }),
          },
          {
            label: t("quota.usage.used"),
            stroke: colour("accent"),
            fill: colour("accent-soft"),
            width: 2,
            paths: uPlot.paths.stepped?.({ align: 1 }),
            points: { show: points.length < 3 },
            value: (_chart, value) => amount(value),
          },
          {
            label: t("quota.usage.limit"),
            stroke: colour("danger"),
            width: 1.5,
            dash: [6, 4],
            paths: uPlot.paths.stepped?.({ align: 1 }),
            points: { show: false },
            value: (_chart, value) => amount(value),
          },
        ],
      },
      latest.current,
      element,
    );
    chart.current = made;
    const observer = new ResizeObserver(() => made.setSize({ width: element.clientWidth, height }));
    observer.observe(element);
    return () => {
      observer.disconnect();
      made.destroy();
      chart.current = null;
    };
  }, [first, last, resource, per, resolvedTheme, t, format, points.length < 3]);
  useEffect(() => {
    chart.current?.setData(latest.current);
  });
  const used = points.map(({ inUse }) => inUse);
  const limit = points.at(-1)?.limit ?? 0;
  const summary = t("quota.usage.summary", {
    title,
    lowest: amountText(t, resource, used.length > 0 ? Math.min(...used) : 0),
    highest: amountText(t, resource, used.length > 0 ? Math.max(...used) : 0),
    limit: amountText(t, resource, limit),
  });
  return (
    <div>
      <div role="img" aria-label={summary} className="usage-chart min-h-64 w-full overflow-hidden">
        <div ref={frame} aria-hidden />
      </div>
      {points.length < 2 ? <p className="text-label text-muted">{t("quota.usage.young")}</p> : null}
    </div>
  );
}

/** Nobody uses half an instance. */
function wholeText(value: number, amount: (value: number) => string): string {
  return Number.isInteger(value) ? amount(value) : "";
}
