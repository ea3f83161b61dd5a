"use client";

import { projectResources, type QuotaLine } from "@madang/core/quota/resource";
import { isTypeResource } from "@madang/core/quota/type-resource";
import { useQuery } from "@tanstack/react-query";
import { Download } from "lucide-react";
import { useNow, useTimeZone, useTranslations } from "next-intl";
import type { Translate } from "../../lib/error-text.ts";
import { failureOf } from "../../lib/failure.ts";
import { resourceWords } from "../../lib/resource-words.ts";
import { useTRPC } from "../../lib/trpc.ts";
import { useQueryState } from "../../lib/use-query-state.ts";
import { ButtonLink } from "../ui/button.tsx";
import { FailureNotice } from "../ui/failure-notice.tsx";
import { Select } from "../ui/input.tsx";
import { Segments } from "../ui/segments.tsx";
import { Skeleton } from "../ui/skeleton.tsx";
import { UsageChart } from "./usage-chart.tsx";
import { UsageTable } from "./usage-table.tsx";

const hourMs = 3_600_000;
const ranges = { day: 24, week: 7 * 24, month: 30 * 24, year: 365 * 24 } as const;
type Range = keyof typeof ranges;
const rangeNames: readonly Range[] = ["day", "week", "month", "year"];
const refreshMs = 60_000;
type Shown = Pick<QuotaLine, "resource" | "typeName">;

/** One resource over a range; which ones stands in the address. */
export function UsageSection({ projectId, lines }: { projectId: string; lines: readonly QuotaLine[] }) {
  const t: Translate = useTranslations();
  const trpc = useTRPC();
  const [resourceName, setResource] = useQueryState("resource");
  const [rangeName, setRange] = useQueryState("range");
  const fixed: readonly Shown[] = projectResources.map((one) => ({ resource: one }));
  const typed: readonly Shown[] = lines.filter((line) => isTypeResource(line.resource));
  const offered = [...fixed, ...typed];
  const shown = offered.find((one) => one.resource === resourceName);
  const { resource, typeName }: Shown = shown ?? { resource: projectResources[0] ?? "instances" };
  const range = rangeNames.find((name) => name === rangeName) ?? "day";
  const zone = useTimeZone();
  const now = useNow({ updateInterval: refreshMs });
  const to = new Date(Math.ceil(now.getTime() / hourMs) * hourMs);
  const from = new Date(to.getTime() - ranges[range] * hourMs);
  const usage = useQuery(
    trpc.project.usage.queryOptions({ projectId, resource, from, to, zone }, { refetchInterval: refreshMs }),
  );
  const line = lines.find((one) => one.resource === resource);
  const present = line ? [{ at: now, inUse: line.inUse, limit: line.limit }] : [];
  const points = [...(usage.data?.points ?? []), ...present];
  const file = new URLSearchParams({ projectId, resource, from: from.toISOString(), to: to.toISOString() });
  if (zone) file.set("zone", zone);
  const name = resourceWords(t, resource, typeName);
  const title = t("quota.usage.of", { name, range: t(`quota.usage.ranges.${range}`) });
  return (
    <div className="flex flex-col gap-4">
      <div className="flex flex-wrap items-center justify-between gap-3">
        <Segments
          label={t("quota.usage.resource")}
          value={resource}
          onChange={setResource}
          options={fixed.map((one) => ({ value: one.resource, label: resourceWords(t, one.resource) }))}
        />
        {typed.length > 0 ? (
          <Select
            aria-label={t("quota.usage.ofType")}
            className="w-auto max-w-full"
            value={isTypeResource(resource) ? resource : ""}
            onChange={(event) => setResource(event.target.value)}
          >
            <option value="">{t("quota.usage.ofType")}</option>
            {typed.map((one) => (
              <option key={one.resource} value={one.resource}>
                {resourceWords(t, one.resource, one.typeName)}
              </option>
            ))}
          </Select>
        ) : null}
        <div className="flex flex-wrap items-center gap-2">
          <Segments
            label={t("quota.usage.range")}
            value={range}
            onChange={setRange}
            options={rangeNames.map((one) => ({ value: one, label: t(`quota.usage.ranges.${one}`) }))}
          />
          <ButtonLink href={`/api/export/usage.csv?${file}`} prefetch={false} download>
            <Download aria-hidden />
            {t("quota.usage.csv")}
          </ButtonLink>
        </div>
      </div>
      {usage.isError ? (
        <FailureNotice failure={failureOf(usage.error)} onRetry={() => usage.refetch()} />
      ) : null}
      {usage.isPending ? <Skeleton className="h-84 w-full" /> : null}
      {usage.data ? (
        <>
          <UsageChart title={title} resource={resource} points={points} from={from} to={to} />
          <UsageTable title={title} resource={resource} points={points} step={usage.data.step} />
        </>
      ) : null}
    </div>
  );
}
