"use client";

import type { InstanceStatus } from "@madang/core/instance/status";
import {
  ArchiveRestore,
  CircleAlert,
  CirclePlay,
  CircleStop,
  HelpCircle,
  LoaderCircle,
  type LucideIcon,
  RotateCw,
  Trash2,
} from "lucide-react";
import { useTranslations } from "next-intl";
import type { Translate } from "../../lib/error-text.ts";
import type { InstanceRow } from "../../lib/rows.ts";
import { cn } from "../ui/class-names.ts";
import { Fresh } from "../ui/fresh.tsx";

type View = Pick<
  InstanceRow,
  "status" | "taskState" | "phase" | "percent" | "hypervisorReachable" | "waiting"
>;

const looks: Record<InstanceStatus, { icon: LucideIcon; tone: string }> = {
  BUILD: { icon: LoaderCircle, tone: "text-changing" },
  ACTIVE: { icon: CirclePlay, tone: "text-running" },
  SHUTOFF: { icon: CircleStop, tone: "text-stopped" },
  REBOOT: { icon: RotateCw, tone: "text-changing" },
  HARD_REBOOT: { icon: RotateCw, tone: "text-changing" },
  SOFT_DELETED: { icon: ArchiveRestore, tone: "text-stopped" },
  ERROR: { icon: CircleAlert, tone: "text-danger" },
};

function lookOf(view: Pick<View, "status" | "taskState" | "hypervisorReachable">): {
  icon: LucideIcon;
  tone: string;
} {
  if (view.taskState === "deleting") return { icon: Trash2, tone: "text-changing" };
  if (!view.hypervisorReachable && view.status !== "ERROR") return { icon: HelpCircle, tone: "text-stopped" };
  const look = looks[view.status];
  return view.taskState ? { icon: look.icon, tone: "text-changing" } : look;
}

/** The friendly word: what it is doing if it does something, else what it is. */
export function statusWord(t: Translate, view: View): string {
  if (view.taskState) return t(`tasks.${view.taskState}`);
  return t(`statuses.${view.status}`);
}

/** The icon alone, where the word is said beside it or to who hears it. */
export function StatusMark({ view }: { view: Pick<View, "status" | "taskState" | "hypervisorReachable"> }) {
  const { icon: Icon, tone } = lookOf(view);
  return <Icon aria-hidden className={cn("size-4 shrink-0", tone, view.taskState && "two-step")} />;
}

/** Icon, word and colour of an instance's state, with OpenStack's own word beside it. */
export function StatusBadge({ view, withPhase = true }: { view: View; withPhase?: boolean }) {
  const t: Translate = useTranslations();
  const { icon: Icon, tone } = lookOf(view);
  const word = statusWord(t, view);
  const phase =
    withPhase && view.taskState && view.phase && t.has(`phases.${view.phase}`)
      ? t(`phases.${view.phase}`)
      : null;
  return (
    <Fresh value={`${view.status}-${view.taskState}`}>
      <span
        className="inline-flex min-w-0 items-start gap-1.5 align-middle"
        data-status={view.status}
        data-task={view.taskState ?? ""}
      >
        <Icon aria-hidden className={cn("mt-0.5 size-4 shrink-0", tone, view.taskState && "two-step")} />
        <span className="flex min-w-0 flex-col">
          <span className="flex flex-wrap items-baseline gap-x-1.5">
            <span className="font-medium">{word}</span>
            <span className="font-mono text-[11px] text-muted">{view.status}</span>
          </span>
          {phase ? (
            <span className="text-label text-muted tabular-nums">
              {phase}
              {view.percent === null ? "" : ` ${view.percent}%`}
            </span>
          ) : null}
          {view.waiting && withPhase ? (
            <span className="text-label text-muted">{t("instances.waitingShort")}</span>
          ) : null}
          {view.hypervisorReachable ? null : (
            <span className="text-label text-muted">{t("instances.unreachable")}</span>
          )}
        </span>
      </span>
    </Fresh>
  );
}
