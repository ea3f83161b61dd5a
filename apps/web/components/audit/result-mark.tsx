"use client";

import { Ban, Check, CircleAlert, CircleCheck, type LucideIcon } from "lucide-react";
import { useTranslations } from "next-intl";
import { cn } from "../ui/class-names.ts";

const looks: Record<string, { icon: LucideIcon; tone: string }> = {
  accepted: { icon: Check, tone: "text-muted" },
  succeeded: { icon: CircleCheck, tone: "text-running" },
  failed: { icon: CircleAlert, tone: "text-danger" },
  refused: { icon: Ban, tone: "text-danger" },
};

export function ResultMark({ result }: { result: string }) {
  const t = useTranslations("audit.results");
  const { icon: Icon, tone } = looks[result] ?? { icon: Check, tone: "text-muted" };
  return (
    <span className="inline-flex items-center gap-1.5 whitespace-nowrap">
      <Icon aria-hidden className={cn("size-4 shrink-0", tone)} />
      {t.has(result) ? t(result) : result}
    </span>
  );
}
