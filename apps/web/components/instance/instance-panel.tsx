"use client";

import { X } from "lucide-react";
import Link from "next/link";
import { useTranslations } from "next-intl";
import { type RefObject, useEffect, useRef } from "react";
import { failureOf } from "../../lib/failure.ts";
import { Timeline } from "../timeline/timeline.tsx";
import { ButtonLink, IconButton } from "../ui/button.tsx";
import { FailureNotice } from "../ui/failure-notice.tsx";
import { SkeletonLines } from "../ui/skeleton.tsx";
import { ActionMenu, PrimaryAction } from "./action-menu.tsx";
import { InstanceFacts } from "./facts.tsx";
import { FaultNotice } from "./fault-notice.tsx";
import { StatusReason } from "./status-reason.tsx";
import { useInstance } from "./use-instance.ts";

type InstancePanelProps = { projectId: string; id: string; onClose: () => void };

const newestEvents = 5;

/** Opened by a row's button the panel takes the focus, and gives it back when it closes while it has it. */
function useHandedFocus(panel: RefObject<HTMLElement | null>, id: string): void {
  const opener = useRef<HTMLElement | null>(null);
  useEffect(() => {
    const active = document.activeElement;
    if (active instanceof HTMLElement && active.dataset.glance === id) {
      opener.current = active;
      panel.current?.focus();
    }
    return () => {
      if (document.activeElement === document.body) opener.current?.focus();
    };
  }, [panel, id]);
}

/** One instance beside the list; pushes the list where there is room, lies over it where there is not. */
export function InstancePanel({ projectId, id, onClose }: InstancePanelProps) {
  const t = useTranslations("instances");
  const tCommon = useTranslations("common");
  const instance = useInstance(projectId, id);
  const panel = useRef<HTMLElement>(null);
  useHandedFocus(panel, id);
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if (
        event.key === "Escape" &&
        !event.defaultPrevented &&
        !document.querySelector("[role=dialog], [role=menu]")
      )
        onClose();
    };
    window.addEventListener("keydown", onKey);
    return () => window.removeEventListener("keydown", onKey);
  }, [onClose]);
  return (
    <aside
      ref={panel}
      tabIndex={-1}
      aria-label={t("panel")}
      className="fixed inset-y-0 top-11 right-0 z-20 flex w-[min(420px,100vw)] flex-col gap-4 overflow-y-auto border-l bg-surface p-5 shadow-float min-[1280px]:sticky min-[1280px]:h-[calc(100dvh-2.75rem)] min-[1280px]:shrink-0 min-[1280px]:shadow-none"
    >
      <div className="flex items-start justify-between gap-2">
        <h2 className="line-clamp-3 min-w-0 text-lead font-semibold" title={instance.data?.name}>
          {instance.data?.name ?? "…"}
        </h2>
        <IconButton label={tCommon("close")} onClick={onClose}>
          <X aria-hidden />
        </IconButton>
      </div>
      {instance.isPending ? <SkeletonLines count={6} label={tCommon("loading")} /> : null}
      {instance.isError ? (
        <FailureNotice failure={failureOf(instance.error)} onRetry={() => instance.refetch()} />
      ) : null}
      {instance.data ? (
        <>
          <div className="flex flex-wrap items-center justify-between gap-2 text-table">
            <StatusReason instance={instance.data} />
            <span className="flex gap-1.5">
              <PrimaryAction projectId={projectId} target={instance.data} />
              <ActionMenu projectId={projectId} target={instance.data} />
            </span>
          </div>
          <FaultNotice instance={instance.data} />
          <InstanceFacts instance={instance.data} brief />
          <section aria-label={t("recentActivity")}>
            <h3 className="mb-1 text-table font-semibold">{t("recentActivity")}</h3>
            <Timeline projectId={projectId} resourceId={id} pageSize={newestEvents} brief />
            <Link
              href={`/p/${projectId}/instances/${id}?tab=timeline`}
              className="text-label text-accent hover:underline"
            >
              {t("wholeTimeline")}
            </Link>
          </section>
          <ButtonLink href={`/p/${projectId}/instances/${id}`} className="mt-auto">
            {t("open")}
          </ButtonLink>
        </>
      ) : null}
    </aside>
  );
}
