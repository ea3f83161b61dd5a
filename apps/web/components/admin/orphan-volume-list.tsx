"use client";

import { keepPreviousData, useInfiniteQuery } from "@tanstack/react-query";
import { useTranslations } from "next-intl";
import { useState } from "react";
import { bytesText } from "../../lib/amount.ts";
import { errorText, type Translate } from "../../lib/error-text.ts";
import type { HypervisorRow, OrphanVolumeRow } from "../../lib/rows.ts";
import { useTRPC } from "../../lib/trpc.ts";
import { usePermission } from "../../lib/use-permission.ts";
import { MoreRows } from "../list/more-rows.tsx";
import { Moment } from "../timeline/moment.tsx";
import { Button } from "../ui/button.tsx";
import { CopyableId } from "../ui/copyable.tsx";
import { Notice } from "../ui/notice.tsx";
import { RemoveVolumeDialog } from "./remove-volume-dialog.tsx";

const pageSize = 20;
/** As often as their hypervisor's row. */
const refreshMs = 5_000;

/** Volumes that a hypervisor has and nobody asked for: shown, left alone, and removed by hand. */
export function OrphanVolumeList({ hypervisor }: { hypervisor: HypervisorRow }) {
  const t = useTranslations("admin.orphanVolumes");
  const [asked, setAsked] = useState<OrphanVolumeRow | null>(null);
  const { orphanVolumeCount } = hypervisor;
  const { rows, query } = useOrphanVolumes(hypervisor);
  if (orphanVolumeCount === 0 && !asked) return null;
  return (
    <Notice tone="warning" title={t("title", { count: orphanVolumeCount })}>
      <p className="max-w-3xl">{t("about")}</p>
      <ul className="mt-2 flex flex-col divide-y divide-changing/25 border-t border-changing/25 [&>li:last-child]:pb-0">
        {rows.map((one) => (
          <OrphanVolumeLine
            key={one.volumeId}
            orphan={one}
            isRevoked={hypervisor.state === "revoked"}
            onRemove={() => setAsked(one)}
          />
        ))}
      </ul>
      <MoreRows query={query} shown={rows.length} total={orphanVolumeCount} />
      {asked ? (
        <RemoveVolumeDialog hypervisor={hypervisor} orphan={asked} onClose={() => setAsked(null)} />
      ) : null}
    </Notice>
  );
}

/** The few that a hypervisor's row carries, as long as they are all. */
function useOrphanVolumes({ id, orphanVolumes, orphanVolumeCount }: HypervisorRow) {
  const trpc = useTRPC();
  const isMore = orphanVolumeCount > orphanVolumes.length;
  const query = useInfiniteQuery(
    trpc.admin.orphanVolume.list.infiniteQueryOptions(
      { hypervisorId: id, limit: pageSize },
      {
        enabled: isMore,
        getNextPageParam: (page) => page.nextCursor ?? undefined,
        placeholderData: keepPreviousData,
        refetchInterval: refreshMs,
      },
    ),
  );
  const listed = query.data?.pages.flatMap((page) => page.items);
  return { query, rows: isMore && listed ? listed : orphanVolumes };
}

type LineProps = { orphan: OrphanVolumeRow; isRevoked: boolean; onRemove: () => void };

function OrphanVolumeLine({ orphan, isRevoked, onRemove }: LineProps) {
  const t = useTranslations("admin.orphanVolumes");
  const tOrphans = useTranslations("admin.orphans");
  const tReasons = useTranslations("reasons");
  const may = usePermission("orphan:manage", null);
  const { removal } = orphan;
  const reasons = [
    may ? null : tReasons("notPermitted"),
    isRevoked ? tOrphans("revoked") : null,
    removal && !removal.fault ? t("alreadyRemoving") : null,
  ];
  return (
    <li className="flex flex-wrap items-center gap-x-3 gap-y-1 py-2">
      <div className="flex min-w-0 flex-1 basis-64 flex-col gap-0.5">
        <p className="flex flex-wrap items-baseline gap-x-3">
          <CopyableId id={orphan.volumeId} what={t("volumeId")} />
          <span className="font-medium tabular-nums">{bytesText(orphan.usedBytes)}</span>
          <span className="text-label text-muted">
            {t("since")} <Moment date={orphan.seenAt} />
          </span>
        </p>
        {removal ? <RemovalState removal={removal} /> : null}
      </div>
      <Button
        size="small"
        tone="dangerQuiet"
        blocked={reasons.find((reason) => reason !== null) ?? null}
        onClick={onRemove}
      >
        {t(removal?.fault ? "removeAgain" : "remove")}
      </Button>
    </li>
  );
}

function RemovalState({ removal }: { removal: NonNullable<OrphanVolumeRow["removal"]> }) {
  const t: Translate = useTranslations();
  if (removal.fault)
    return (
      <p role="alert" className="text-label text-danger">
        {t("admin.orphanVolumes.removeFailed", { why: errorText(t, removal.fault) })}
      </p>
    );
  return (
    <p role="status" className="text-label">
      {t("admin.orphanVolumes.removing")} <Moment date={removal.requestedAt} />
    </p>
  );
}
