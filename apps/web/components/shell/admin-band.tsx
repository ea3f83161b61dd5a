"use client";

import { ShieldAlert } from "lucide-react";
import { useTranslations } from "next-intl";
import type { Me } from "../../lib/rows.ts";
import type { Area } from "./navigation.ts";

/** Whether somebody is in a project only because he oversees the cloud, and no member of it. */
export function isVisiting(area: Area, me: Me): boolean {
  return area.kind === "project" && me.grants.system.length > 0 && !me.grants.projects[area.projectId];
}

/** In words, once, at the head of the page. */
export function AdminBand() {
  const t = useTranslations("nav");
  return (
    <p
      role="note"
      className="flex items-start gap-2 border-b border-admin/40 bg-admin-soft px-4 py-1.5 text-label font-medium text-admin-text md:px-6"
    >
      <ShieldAlert aria-hidden className="mt-px size-3.5 shrink-0" />
      {t("administratorInProject")}
    </p>
  );
}

/** In the bar that nothing scrolls away. */
export function AdminPill() {
  const t = useTranslations("nav");
  return (
    <span className="inline-flex h-7 shrink-0 items-center gap-1.5 rounded-full bg-admin px-2 text-label font-medium text-white dark:text-background">
      <ShieldAlert aria-hidden className="size-3.5 shrink-0" />
      <span className="max-lg:sr-only">{t("administrator")}</span>
    </span>
  );
}
