"use client";

import type { SnapshotStatus, VolumeStatus } from "@madang/core/volume/status";
import { CircleAlert, CircleCheck, CircleDot, LoaderCircle, type LucideIcon, Trash2 } from "lucide-react";
import { useTranslations } from "next-intl";
import { useRate } from "../../lib/use-rate.ts";
import { timeLeft } from "../image/time-left.ts";
import { cn } from "../ui/class-names.ts";
import { Fresh } from "../ui/fresh.tsx";

type Look = { icon: LucideIcon; tone: string };
const changing: Look = { icon: LoaderCircle, tone: "text-changing two-step" };
const failed: Look = { icon: CircleAlert, tone: "text-danger" };
const looks: Record<VolumeStatus, Look> = {
  creating: changing,
  available: { icon: CircleDot, tone: "text-stopped" },
  reserved: changing,
  attaching: changing,
  "in-use": { icon: CircleCheck, tone: "text-running" },
  detaching: changing,
  extending: changing,
  reverting: changing,
  deleting: { icon: Trash2, tone: "text-changing two-step" },
  error: failed,
  error_deleting: failed,
};

/** Icon, word and colour of what a volume or a snapshot is, with Cinder's own word beside it. */
export function VolumeStatusMark(
  props: { status: VolumeStatus; percent?: number | null } | { status: SnapshotStatus; snapshot: true },
) {
  const t = useTranslations("volumes");
  const { status } = props;
  const { icon: Icon, tone } = looks[status];
  const group = "snapshot" in props ? "snapshotStatuses" : "statuses";
  const percent = "percent" in props ? (props.percent ?? null) : null;
  const left = useTimeLeft(status, percent ?? 0);
  return (
    <Fresh value={status}>
      <span className="inline-flex items-start gap-1.5 whitespace-nowrap" data-status={status}>
        <Icon aria-hidden className={cn("mt-0.5 size-4 shrink-0", tone)} />
        <span className="flex flex-wrap items-baseline gap-x-1.5">
          <span className="font-medium">{t(`${group}.${status}`)}</span>
          {percent !== null && percent > 0 ? (
            <span className="text-label text-muted tabular-nums">
              {percent} %{left ? ` · ${left}` : ""}
            </span>
          ) : null}
          <span className="font-mono text-[11px] text-muted max-sm:hidden">{status}</span>
        </span>
      </span>
    </Fresh>
  );
}

/** Of a copy its percent is known, and no bytes: what nobody wrote is copied in no time. */
function useTimeLeft(status: string, percent: number): string | null {
  const t = useTranslations("images.upload.left");
  const left = timeLeft(100 - percent, useRate(status, percent));
  return left ? t(left.unit, { count: left.count }) : null;
}
