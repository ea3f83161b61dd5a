"use client";

import { bytesPerGib } from "@madang/core/volume/status";
import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { useTranslations } from "next-intl";
import { bytesText, diskText } from "../../lib/amount.ts";
import { failureOf } from "../../lib/failure.ts";
import type { AnyVolumeRow, StoragePoolRow } from "../../lib/rows.ts";
import { useTRPC } from "../../lib/trpc.ts";
import { ListPage } from "../list/list-page.tsx";
import { pageSize, paging } from "../list/pages.ts";
import { useListView } from "../list/use-list-view.ts";
import { type Column, DataTable } from "../ui/data-table.tsx";
import { FailureNotice } from "../ui/failure-notice.tsx";
import { Meter } from "../ui/meter.tsx";
import { Section } from "../ui/section.tsx";
import { VolumeStatusMark } from "../volume/status-mark.tsx";
import { VolumeDrawing } from "../volume/volume-drawing.tsx";
import { HypervisorBadge } from "./hypervisor-state.tsx";

/** Where volumes are kept, what was promised there and what is really taken, and whose they are. */
export function StoragePage() {
  const trpc = useTRPC();
  const view = useListView("-createdAt");
  const { filter, sort } = view;
  const query = useInfiniteQuery(
    trpc.admin.volume.list.infiniteQueryOptions({ filter, sort, limit: pageSize }, paging),
  );
  return (
    <ListPage
      section="admin.storage"
      view={view}
      query={query}
      columns={useVolumeColumns()}
      drawing={<VolumeDrawing />}
      help={["volume", "volumeType"]}
    >
      <Pools />
    </ListPage>
  );
}

function Pools() {
  const t = useTranslations("admin.storage");
  const trpc = useTRPC();
  const pools = useQuery(trpc.admin.volume.pools.queryOptions());
  const columns = usePoolColumns();
  const rows = pools.data ?? [];
  return (
    <Section title={t("pools")} about={pools.isSuccess && rows.length === 0 ? t("noPools") : t("poolsAbout")}>
      {pools.isError ? (
        <FailureNotice failure={failureOf(pools.error)} onRetry={() => pools.refetch()} />
      ) : null}
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
function PoolMeters({ pool }: { pool: StoragePoolRow }) {
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
        words={t("of", { part: bytesText(taken), total })}
        used={taken}
        limit={totalBytes}
      />
    </span>
  );
}

function useVolumeColumns(): Column<AnyVolumeRow>[] {
  const t = useTranslations("admin.storage");
  const tVolumes = useTranslations("volumes");
  return [
    {
      key: "name",
      title: tVolumes("columns.name"),
      sort: "name",
      className: "w-full max-w-0 @xl:w-[30%]",
      cell: (row) => (
        <span className="flex min-w-0 flex-col">
          <span className="line-clamp-2 font-medium break-words">{row.name}</span>
          <span className="text-label break-words text-muted">{row.projectName}</span>
        </span>
      ),
    },
    {
      key: "status",
      title: tVolumes("columns.status"),
      sort: "status",
      cell: (row) => <VolumeStatusMark status={row.status} percent={row.percent} />,
    },
    {
      key: "size",
      title: tVolumes("columns.size"),
      sort: "sizeGib",
      className: "text-right tabular-nums whitespace-nowrap",
      cell: (row) => diskText(row.sizeGib),
    },
    {
      key: "hypervisor",
      title: t("hypervisor"),
      className: "hidden @2xl:table-cell",
      cell: (row) => row.hypervisorName ?? <span className="text-muted">{tVolumes("unplacedShort")}</span>,
    },
    {
      key: "instance",
      title: tVolumes("columns.instance"),
      className: "hidden @3xl:table-cell",
      cell: (row) =>
        row.attachment?.instanceName ?? <span className="text-muted">{tVolumes("notAttached")}</span>,
    },
  ];
}
