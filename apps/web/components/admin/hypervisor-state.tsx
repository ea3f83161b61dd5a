"use client";

import type { HypervisorState } from "@madang/core/hypervisor/state";
import {
  Ban,
  CircleAlert,
  CircleCheck,
  CirclePause,
  CircleSlash,
  HourglassIcon,
  type LucideIcon,
} from "lucide-react";
import { useTranslations } from "next-intl";
import { cn } from "../ui/class-names.ts";
import { Fresh } from "../ui/fresh.tsx";

const looks: Record<HypervisorState, { icon: LucideIcon; tone: string }> = {
  up: { icon: CircleCheck, tone: "text-running" },
  disabled: { icon: CirclePause, tone: "text-paused" },
  down: { icon: CircleAlert, tone: "text-danger" },
  fenced: { icon: CircleSlash, tone: "text-danger" },
  revoked: { icon: Ban, tone: "text-stopped" },
  joining: { icon: HourglassIcon, tone: "text-changing" },
};

export function HypervisorBadge({ state }: { state: HypervisorState }) {
  const t = useTranslations("hypervisorStates");
  const { icon: Icon, tone } = looks[state];
  return (
    <Fresh value={state}>
      <span
        className="inline-flex items-center gap-1.5 align-middle font-medium whitespace-nowrap"
        data-hypervisor={state}
      >
        <Icon aria-hidden className={cn("size-4 shrink-0", tone)} />
        {t(state)}
      </span>
    </Fresh>
  );
}
