"use client";

import { CircleCheck, CircleDashed, CircleSlash } from "lucide-react";
import { useTranslations } from "next-intl";
import type { FloatingIpRow } from "../../lib/rows.ts";

const looks = {
  ACTIVE: { icon: CircleCheck, tone: "text-running" },
  BUILD: { icon: CircleDashed, tone: "text-changing motion-safe:animate-pulse" },
  DOWN: { icon: CircleSlash, tone: "text-stopped" },
};

export function FloatingIpState({ status }: Pick<FloatingIpRow, "status">) {
  const t = useTranslations("floatingIps.states");
  const { icon: Icon, tone } = looks[status];
  return (
    <span className="inline-flex items-center gap-1.5 whitespace-nowrap" data-status={status}>
      <Icon aria-hidden className={`size-4 ${tone}`} />
      {t(status)}
    </span>
  );
}

/** What it leads to in a word: the instance, else the address of its port. */
export function leadsTo({ instanceName, fixedAddress }: FloatingIpRow): string {
  return instanceName ?? fixedAddress ?? "";
}
