"use client";

import { useTranslations } from "next-intl";

const [width, height] = [80, 20];

/** The last hour of CPU in a line; what is not known is not drawn. */
export function Sparkline({ values }: { values: readonly (number | null)[] | undefined }) {
  const t = useTranslations("metrics");
  const known = (values ?? []).filter((value) => value !== null);
  if (!values || known.length === 0) return <span className="text-muted">–</span>;
  const latest = known.at(-1) ?? 0;
  const highest = Math.max(...known);
  // A line that is never above a few percent is quiet, not mountains.
  const top = Math.max(20, highest);
  const x = (index: number) => ((index + 0.5) * width) / values.length;
  const y = (value: number) => height - 1.5 - (value / top) * (height - 3);
  const words = t("sparkline", { latest: Math.round(latest), highest: Math.round(highest) });
  return (
    <span className="inline-flex items-center gap-2" title={words}>
      <svg role="img" aria-label={words} viewBox={`0 0 ${width} ${height}`} className="h-5 w-20 text-accent">
        {runsOf(values).map((run) => (
          <polyline
            key={run[0]?.index}
            points={run.map(({ index, value }) => `${x(index)},${y(value)}`).join(" ")}
            fill="none"
            stroke="currentColor"
            strokeWidth="1.5"
            strokeLinecap="round"
            strokeLinejoin="round"
          />
        ))}
      </svg>
      <span aria-hidden className="text-label text-muted tabular-nums">
        {Math.round(latest)}%
      </span>
    </span>
  );
}

type Known = { index: number; value: number };

/** Stretches without a gap; a lone value is drawn as a dot, which is a line to itself. */
function runsOf(values: readonly (number | null)[]): Known[][] {
  const runs: Known[][] = [];
  values.forEach((value, index) => {
    if (value === null) return;
    const run = runs.at(-1);
    if (run && run.at(-1)?.index === index - 1) run.push({ index, value });
    else runs.push([{ index, value }]);
  });
  return runs.map((run) => (run.length === 1 ? [...run, ...run] : run));
}
