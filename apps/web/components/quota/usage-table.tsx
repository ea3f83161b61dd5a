"use client";

import { useFormatter, useTranslations } from "next-intl";
import { amountText } from "../../lib/amount.ts";
import type { Translate } from "../../lib/error-text.ts";
import type { UsagePoint } from "../../lib/rows.ts";

type Props = { title: string; resource: string; points: readonly UsagePoint[]; step: "hour" | "day" };

/** The chart's numbers, newest first, for those who don't see it. */
export function UsageTable({ title, resource, points, step }: Props) {
  const t: Translate = useTranslations();
  const format = useFormatter();
  const words = ({ at }: UsagePoint) =>
    step === "day"
      ? format.dateTime(at, { dateStyle: "medium" })
      : format.dateTime(at, { dateStyle: "medium", timeStyle: "short" });
  return (
    <details className="rounded-surface border">
      <summary className="cursor-pointer px-3 py-2 text-table">{t("quota.usage.table")}</summary>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling region must be reachable by keyboard. */}
      <div tabIndex={0} className="max-h-80 overflow-auto border-t">
        <table aria-label={title} className="w-full text-table tabular-nums">
          <thead className="text-left text-label text-muted">
            <tr>
              <th className="px-3 py-1.5 font-medium">{t("quota.usage.time")}</th>
              <th className="px-3 py-1.5 text-right font-medium">{t("quota.usage.used")}</th>
              <th className="px-3 py-1.5 text-right font-medium">{t("quota.usage.limit")}</th>
            </tr>
          </thead>
          <tbody>
            {points.toReversed().map((point) => (
              <tr key={point.at.getTime()} className="border-t">
                <td className="px-3 py-1">{words(point)}</td>
                <td className="px-3 py-1 text-right">{amountText(t, resource, point.inUse)}</td>
                <td className="px-3 py-1 text-right">{amountText(t, resource, point.limit)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </details>
  );
}
