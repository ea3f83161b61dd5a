"use client";

import { useFormatter, useTranslations } from "next-intl";
import { useTheme } from "next-themes";
import { useEffect, useRef } from "react";
import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";
import "../quota/usage-chart.css";
import { MetricTable } from "./metric-table.tsx";

/** `color`: a name of the palette. */
export type ChartLine = {
  label: string;
  values: readonly (number | null)[];
  color: string;
  /** A limit, not something measured. */
  dashed?: boolean;
};
export type ChartData = { at: readonly number[]; from: Date; to: Date; stepMs: number };
type Props = {
  title: string;
  data: ChartData;
  lines: readonly ChartLine[];
  words: (value: number) => string;
  /** The axis reaches at least as high. */
  least: number;
};

const height = 200;
const dayMs = 86_400_000;

const colour = (name: string) =>
  getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();

/** Lines over time, with gaps where nothing is known. Its numbers are in the table below. */
export function MetricChart({ title, data, lines, words, least }: Props) {
  const t = useTranslations("metrics");
  const format = useFormatter();
  const { resolvedTheme } = useTheme();
  const frame = useRef<HTMLDivElement>(null);
  const chart = useRef<uPlot | null>(null);
  const span = data.to.getTime() - data.from.getTime();
  const shown = useRef({ data, words });
  shown.current = { data, words };
  const values: uPlot.AlignedData = [[...data.at], ...lines.map((line) => [...line.values])];
  const latest = useRef(values);
  latest.current = values;
  const shape = JSON.stringify(lines.map(({ label, color, dashed }) => [label, color, dashed]));
  const few = data.at.length < 3;
  // Colours are read from the page, so the theme counts; numbers come by setData.
  useEffect(() => {
    const element = frame.current;
    if (!element) return;
    const clock = (seconds: number) =>
      format.dateTime(
        new Date(seconds * 1000),
        span > 2 * dayMs ? { month: "short", day: "numeric" } : { hour: "2-digit", minute: "2-digit" },
      );
    const moment = (seconds: number) =>
      format.dateTime(new Date(seconds * 1000), { dateStyle: "medium", timeStyle: "medium" });
    const number = (value: number | null) => (value === null ? "–" : shown.current.words(value));
    const font = `12px ${getComputedStyle(document.body).fontFamily}`;
    const axis = {
      stroke: colour("muted"),
      grid: { stroke: colour("line"), width: 1 },
      ticks: { show: false },
      font,
    };
    const parsed: [string, string, boolean?][] = JSON.parse(shape);
    const made = new uPlot(
      {
        width: element.clientWidth,
        height,
        cursor: { y: false, points: { size: 6 } },
        scales: {
          x: {
            time: true,
            range: () => [shown.current.data.from.getTime() / 1000, shown.current.data.to.getTime() / 1000],
          },
          y: { range: (_chart, _low, high) => [0, Math.max(least, (high ?? 0) * 1.1)] },
        },
        axes: [
          { ...axis, values: (_chart, splits) => splits.map(clock) },
          { ...axis, size: 76, values: (_chart, splits) => splits.map(number) },
        ],
        series: [
          { label: t("time"), value: (_chart, value) => (value === null ? "–" : moment(value)) },
          ...parsed.map(([label, color, dashed]) => ({
            label,
            stroke: colour(color),
            width: 1.5,
            ...(dashed ? { dash: [6, 4] } : {}),
            spanGaps: dashed === true,
            points: { show: few && !dashed },
            value: (_chart: uPlot, value: number | null) => number(value),
          })),
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
  }, [span, shape, resolvedTheme, t, format, few, least]);
  useEffect(() => {
    chart.current?.setData(latest.current);
  });
  const summary = lines
    .filter(({ dashed }) => !dashed)
    .map((line) =>
      t("summary", {
        label: line.label,
        latest: latestWords(line, words),
        highest: highestWords(line, words),
      }),
    )
    .join(" ");
  return (
    <section aria-label={title} className="flex min-w-0 flex-col gap-2">
      <h2 className="text-table font-semibold">{title}</h2>
      <div
        role="img"
        aria-label={`${title}. ${summary}`}
        className="usage-chart min-h-50 w-full overflow-hidden"
      >
        <div ref={frame} aria-hidden />
      </div>
      <MetricTable title={title} at={data.at} lines={lines} words={words} />
    </section>
  );
}

const known = ({ values }: ChartLine) => values.filter((value) => value !== null);

function latestWords(line: ChartLine, words: (value: number) => string): string {
  const value = known(line).at(-1);
  return value === undefined ? "–" : words(value);
}

function highestWords(line: ChartLine, words: (value: number) => string): string {
  const values = known(line);
  return values.length === 0 ? "–" : words(Math.max(...values));
}
