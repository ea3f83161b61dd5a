"use client";

import { type ImageStatus, imageStatuses } from "@madang/core/image/status";
import { CircleCheck, CircleOff, CircleX, Clock, LoaderCircle, type LucideIcon } from "lucide-react";
import { useTranslations } from "next-intl";
import { cn } from "../ui/class-names.ts";
import { Fresh } from "../ui/fresh.tsx";

const looks: Record<ImageStatus, { icon: LucideIcon; tone: string }> = {
  queued: { icon: Clock, tone: "text-changing" },
  saving: { icon: LoaderCircle, tone: "text-changing two-step" },
  importing: { icon: LoaderCircle, tone: "text-changing two-step" },
  active: { icon: CircleCheck, tone: "text-running" },
  deactivated: { icon: CircleOff, tone: "text-stopped" },
  killed: { icon: CircleX, tone: "text-danger" },
};

/** An image that a newer server calls otherwise is shown as on its way. */
export function statusOf(status: string): ImageStatus {
  return imageStatuses.find((known) => known === status) ?? "importing";
}

export function isUnderWay(status: string): boolean {
  return ["queued", "saving", "importing"].includes(statusOf(status));
}

/** Icon, word and colour, with Glance's own word beside it. */
export function ImageStatusMark({ status }: { status: string }) {
  const t = useTranslations("images.statuses");
  const known = statusOf(status);
  const { icon: Icon, tone } = looks[known];
  return (
    <Fresh value={status}>
      <span className="inline-flex items-start gap-1.5 whitespace-nowrap" data-status={status}>
        <Icon aria-hidden className={cn("mt-0.5 size-4 shrink-0", tone)} />
        <span className="flex flex-wrap items-baseline gap-x-1.5">
          <span className="font-medium">{t(known)}</span>
          <span className="font-mono text-[11px] text-muted">{status}</span>
        </span>
      </span>
    </Fresh>
  );
}
