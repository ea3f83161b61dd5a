"use client";

import type { Role } from "@madang/core/identity/permission";
import { roleWords } from "@madang/core/identity/role-table";
import { Check, Minus } from "lucide-react";
import { useTranslations } from "next-intl";

/** In words what a role lets somebody do, and what not. */
export function RolePreview({ role, scope }: { role: Role; scope: "project" | "system" }) {
  const t = useTranslations("roles");
  const tAreas = useTranslations("permissionAreas");
  const tPermissions = useTranslations("permissions");
  return (
    <section
      aria-label={t("preview")}
      // biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls, and must be reached by keyboard to.
      tabIndex={0}
      className="relative max-h-64 overflow-y-auto rounded-control border bg-sunken px-3 py-2.5 dark:bg-surface"
    >
      <p className="mb-2 text-label font-medium">
        {t("preview")} <code className="font-mono font-normal text-muted">{role}</code>
      </p>
      <div className="flex flex-col gap-2.5">
        {roleWords(role, scope).map(({ area, may, mayNot }) => (
          <div key={area}>
            <h3 className="text-label text-muted">{tAreas(area)}</h3>
            <ul className="mt-0.5 flex flex-col gap-0.5 text-label">
              {may.map((name) => (
                <li key={name} className="flex items-start gap-1.5">
                  <Check aria-hidden className="mt-0.5 size-3.5 shrink-0 text-running" />
                  <span className="sr-only">{t("may")}: </span>
                  <span>{tPermissions(name)}</span>
                </li>
              ))}
              {mayNot.map((name) => (
                <li key={name} className="flex items-start gap-1.5 text-muted">
                  <Minus aria-hidden className="mt-0.5 size-3.5 shrink-0" />
                  <span className="sr-only">{t("mayNot")}: </span>
                  <span>{tPermissions(name)}</span>
                </li>
              ))}
            </ul>
          </div>
        ))}
      </div>
    </section>
  );
}
