"use client";

import { Info } from "lucide-react";
import { useTranslations } from "next-intl";
import type { Translate } from "../../lib/error-text.ts";
import { failureOf } from "../../lib/failure.ts";
import type { InstanceRow } from "../../lib/rows.ts";
import { FailureNotice } from "../ui/failure-notice.tsx";
import { Popover } from "../ui/popover.tsx";
import { SkeletonLines } from "../ui/skeleton.tsx";
import { hasReason, reasonOf } from "./reason.tsx";
import { StatusBadge } from "./status-badge.tsx";
import { useInstance } from "./use-instance.ts";

/** The badge; where there is more to say than it says, a click on it says why. */
export function StatusReason({ instance }: { instance: InstanceRow }) {
  const t: Translate = useTranslations();
  if (!hasReason(instance)) return <StatusBadge view={instance} />;
  return (
    <Popover
      align="start"
      reading
      label={t("instances.why", { name: instance.name })}
      trigger={
        <button
          type="button"
          data-why={instance.id}
          className="-m-1 inline-flex max-w-[calc(100%+0.5rem)] items-start gap-1 rounded-control p-1 text-left hover:bg-sunken data-[state=open]:bg-sunken dark:hover:bg-raised dark:data-[state=open]:bg-raised"
        >
          <StatusBadge view={instance} />
          <Info aria-hidden className="mt-0.5 size-3.5 shrink-0 text-muted" />
          <span className="sr-only">{t("instances.whyShort")}</span>
        </button>
      }
    >
      <Why projectId={instance.projectId} id={instance.id} />
    </Popover>
  );
}

function Why({ projectId, id }: { projectId: string; id: string }) {
  const t: Translate = useTranslations();
  const instance = useInstance(projectId, id);
  if (instance.isPending)
    return (
      <div className="p-4">
        <SkeletonLines count={4} label={t("common.loading")} />
      </div>
    );
  if (!instance.data)
    return (
      <div className="p-4">
        <FailureNotice failure={failureOf(instance.error)} onRetry={() => instance.refetch()} />
      </div>
    );
  const reason = reasonOf(t, instance.data);
  return (
    <div className="flex flex-col gap-2 p-4 text-table font-normal">
      <p className="text-body font-semibold">{reason?.title ?? t("instances.whyNoMore")}</p>
      {reason?.body}
    </div>
  );
}
