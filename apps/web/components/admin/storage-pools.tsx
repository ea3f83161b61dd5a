"use client";

import { bytesPerGib } from "@madang/core/volume/status";
import { useQuery } from "@tanstack/react-query";
import { useTranslations } from "next-intl";
import { bytesText, diskText } from "../../lib/amount.ts";
import { failureOf } from "../../lib/failure.ts";
import type { StoragePoolRow } from "../../lib/rows.ts";
import { useTRPC } from "../../lib/trpc.ts";
import { type Column, DataTable } from "../ui/data-table.tsx";
import { FailureNotice } from "../ui/failure-notice.tsx";
import { Meter } from "../ui/meter.tsx";
import { Notice } from "../ui/notice.tsx";
import { Section } from "../ui/section.tsx";
import { HypervisorBadge } from "./hypervisor-state.tsx";
import { type Capacity, inAll, isOverPromised } from "./pool-capacity.ts";

/** What was promised and what is really taken, of each hypervisor's storage and of all together. */
export function StoragePools() {
  const t = useTranslations("admin.storage");
  const trpc = useTRPC();
  const pools = useQuery(trpc.admin.volume.pools.queryOptions());
  const columns = usePoolColumns();
  const rows = pools.data ?? [];
  const over = rows.filter(isOverPromised);
  return (
    <Section title={t("pools")} about={pools.isSuccess && rows.length === 0 ? t("noPools") : t("poolsAbout")}>
      {pools.isError ? (
        <FailureNotice failure={failureOf(pools.error)} onRetry={() => pools.refetch()} />
      ) : null}
      {over.length > 0 ? (
        <Notice tone="warning" title={t("overTitle")}>
          {t("overAbout", { names: over.map(({ hypervisorName }) => hypervisorName).join(", ") })}
        </Notice>
      ) : null}
      {rows.length > 1 ? <InAll pools={rows} /> : null}
      {pools.isSuccess && rows.length === 0 ? null : (
        <div className="@container">
          <DataTable
            label={t("pools")}
            columns={columns}
            rows={rows}
            rowKey={({ hypervisorId, backend }) => `${hypervisorId} ${backend}`}
            loadingRows={pools.isPending ? 2 : 0}
          />
        </div>
      )}
    </Section>
  );
}

function InAll({ pools }: { pools: readonly StoragePoolRow[] }) {
  const t = useTranslations("admin.storage");
  return (
    <div className="max-w-xl rounded-surface border bg-surface px-4 py-3">
      <h3 className="text-table font-semibold">{t("inAll", { count: pools.length })}</h3>
      <PoolMeters pool={inAll(pools)} />
    </div>
  );
}

function usePoolColumns(): Column<StoragePoolRow>[] {
  const t = useTranslations("admin.storage");
  return [
    {
      key: "hypervisor",
      title: t("hypervisor"),
      cell: (row) => (
        <span className="flex flex-col">
          <span className="font-medium break-words">{row.hypervisorName}</span>
          <HypervisorBadge state={row.state} />
        </span>
      ),
    },
    {
      key: "backend",
      title: t("backend"),
      className: "hidden whitespace-nowrap @2xl:table-cell",
      cell: (row) => (
        <code className="font-mono text-label">{`${row.backend} · ${row.format}${row.reflink ? " · reflink" : ""}`}</code>
      ),
    },
    {
      key: "capacity",
      title: t("capacity"),
      className: "@2xl:w-1/2",
      cell: (row) => <PoolMeters pool={row} />,
    },
    {
      key: "volumes",
      title: t("volumes"),
      className: "hidden text-right tabular-nums whitespace-nowrap @md:table-cell",
      cell: (row) => row.volumes,
    },
  ];
}

/** Two truths: what volumes may grow to, and what is taken of the disk by all that is on it. */
function PoolMeters({ pool }: { pool: Capacity }) {
  const t = useTranslations("admin.storage");
  const { totalBytes, freeBytes, promisedGib } = pool;
  const taken = Math.max(0, totalBytes - freeBytes);
  const total = bytesText(totalBytes);
  return (
    <span className="flex min-w-40 flex-col gap-2 py-1">
      <Meter
        label={t("promised")}
        words={t("of", { part: diskText(promisedGib), total })}
        used={promisedGib}
        limit={totalBytes / bytesPerGib}
      />
      <Meter
        label={t("real")}
        words={t("ofFree", { part: bytesText(taken), total, free: bytesText(freeBytes) })}
        used={taken}
        limit={totalBytes}
      />
    </span>
  );
}
