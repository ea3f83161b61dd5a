"use client";

import { type Role, roles } from "@madang/core/identity/permission";
import { useTranslations } from "next-intl";
import { RolePreview } from "./role-preview.tsx";

/** What each of the roles means that were chosen for several people; it opens to all that it allows. */
export function RoleNotes({ chosen }: { chosen: readonly Role[] }) {
  const t = useTranslations("roles");
  return (
    <div className="flex flex-col gap-1">
      {roles
        .filter((role) => chosen.includes(role))
        .map((role) => (
          <details key={role} className="text-label text-muted">
            <summary className="cursor-pointer rounded-control">
              <code className="font-mono font-medium text-text">{role}</code> {t(`short.${role}`)}
            </summary>
            <div className="mt-1.5 mb-2">
              <RolePreview role={role} scope="project" />
            </div>
          </details>
        ))}
    </div>
  );
}
