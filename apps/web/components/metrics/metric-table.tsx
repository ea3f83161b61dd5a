"use client";

import { useFormatter, useTranslations } from "next-intl";
import { useState } from "react";
import type { ChartLine } from "./metric-chart.tsx";

type Props = {
  title: string;
  at: readonly number[];
  lines: readonly ChartLine[];
  words: (value: number) => string;
};

/** The chart's numbers, newest first, for those who don't see it. Only made when it is opened: there are hundreds of rows. */
export function MetricTable({ title, at, lines, words }: Props) {
  const t = useTranslations("metrics");
  const format = useFormatter();
  const [open, setOpen] = useState(false);
  const measured = lines.filter(({ dashed }) => !dashed);
  return (
    <details className="rounded-surface border" onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary className="cursor-pointer px-3 py-1.5 text-label">{t("table")}</summary>
      {open ? (
        // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling region must be reachable by keyboard.
        <div tabIndex={0} className="max-h-64 overflow-auto border-t">
          <table aria-label={title} className="w-full text-label tabular-nums">
            <thead className="text-left text-muted">
              <tr>
                <th className="px-3 py-1.5 font-medium">{t("time")}</th>
                {measured.map(({ label }) => (
                  <th key={label} className="px-3 py-1.5 text-right font-medium">
                    {label}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {at
                .map((seconds, index) => ({ seconds, index }))
                .toReversed()
                .map(({ seconds, index }) => (
                  <tr key={seconds} className="border-t">
                    <td className="px-3 py-1">
                      {format.dateTime(new Date(seconds * 1000), {
                        dateStyle: "medium",
                        timeStyle: "medium",
                      })}
                    </td>
                    {measured.map(({ label, values }) => (
                      <td key={label} className="px-3 py-1 text-right">
                        {numberOf(values[index], words)}
                      </td>
                    ))}
                  </tr>
                ))}
            </tbody>
          </table>
        </div>
      ) : null}
    </details>
  );
}

function numberOf(value: number | null | undefined, words: (value: number) => string): string {
  return value === null || value === undefined ? "–" : words(value);
}
