"use client";

import { type MetricRange, metricRanges } from "@madang/core/metrics/level";
import { useTranslations } from "next-intl";
import { Segments } from "../ui/segments.tsx";

export function RangeChoice({ range, onRange }: { range: MetricRange; onRange: (range: string) => void }) {
  const t = useTranslations("metrics");
  const options = metricRanges.map((one) => ({ value: one, label: t(`ranges.${one}`) }));
  return <Segments label={t("range")} value={range} onChange={onRange} options={options} />;
}
