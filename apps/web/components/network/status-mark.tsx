"use client";

import type { PortStatus } from "@madang/core/network/status";
import { CircleCheck, CircleOff, LoaderCircle, type LucideIcon } from "lucide-react";
import { useTranslations } from "next-intl";
import { cn } from "../ui/class-names.ts";
import { Fresh } from "../ui/fresh.tsx";

const looks: Record<PortStatus, { icon: LucideIcon; tone: string }> = {
  ACTIVE: { icon: CircleCheck, tone: "text-running" },
  BUILD: { icon: LoaderCircle, tone: "text-changing two-step" },
  DOWN: { icon: CircleOff, tone: "text-stopped" },
};

/** Icon, word and colour of what a network or a port is, with OpenStack's own word beside it. */
export function StatusMark({ status }: { status: PortStatus }) {
  const t = useTranslations("networks.statuses");
  const { icon: Icon, tone } = looks[status];
  return (
    <Fresh value={status}>
      <span className="inline-flex items-start gap-1.5 whitespace-nowrap" data-status={status}>
        <Icon aria-hidden className={cn("mt-0.5 size-4 shrink-0", tone)} />
        <span className="flex flex-wrap items-baseline gap-x-1.5">
          <span className="font-medium">{t(status)}</span>
          <span className="font-mono text-[11px] text-muted">{status}</span>
        </span>
      </span>
    </Fresh>
  );
}
