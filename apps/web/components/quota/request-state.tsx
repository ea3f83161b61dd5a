"use client";

import type { QuotaRequestState } from "@madang/core/quota/request";
import { CircleCheck, CircleX, Hourglass, Undo2 } from "lucide-react";
import { useTranslations } from "next-intl";
import { cn } from "../ui/class-names.ts";

const looks = {
  pending: { icon: Hourglass, tone: "text-changing" },
  approved: { icon: CircleCheck, tone: "text-running" },
  rejected: { icon: CircleX, tone: "text-danger" },
  withdrawn: { icon: Undo2, tone: "text-muted" },
} as const;

/** In a word; shape and colour only go with it. */
export function RequestState({ state }: { state: QuotaRequestState }) {
  const t = useTranslations("quota.states");
  const { icon: Icon, tone } = looks[state];
  return (
    <span className="inline-flex items-center gap-1.5 font-medium">
      <Icon aria-hidden className={cn("size-4 shrink-0", tone)} />
      {t(state)}
    </span>
  );
}
