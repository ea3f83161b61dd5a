"use client";

import { isWithin, type Role, roles } from "@madang/core/identity/permission";
import { useTranslations } from "next-intl";
import { useId } from "react";
import { cn } from "../ui/class-names.ts";
import { RolePreview } from "./role-preview.tsx";

type RoleFieldProps = {
  value: Role;
  onChange: (role: Role) => void;
  /** The roles that the one who chooses has himself: he can give none above them. */
  held: readonly Role[];
};

/** One role in a project, with what it means. */
export function RoleField({ value, onChange, held }: RoleFieldProps) {
  const t = useTranslations("roles");
  const name = useId();
  return (
    <div className="flex flex-col gap-3">
      <fieldset>
        <legend className="mb-1.5 text-table font-medium">{t("field")}</legend>
        <div className="overflow-hidden rounded-control border">
          {roles.toReversed().map((role) => {
            const above = !isWithin(role, held);
            return (
              <label
                key={role}
                className={cn(
                  "flex items-start gap-2.5 border-b px-2.5 py-1.5 text-table last:border-b-0",
                  above ? "text-muted" : "cursor-pointer hover:bg-sunken",
                  role === value && "bg-accent-soft",
                )}
              >
                <input
                  type="radio"
                  name={name}
                  value={role}
                  checked={role === value}
                  disabled={above}
                  onChange={() => onChange(role)}
                  className="mt-0.5 size-4 shrink-0 accent-accent"
                />
                <span className="flex min-w-0 flex-col">
                  <code className="font-mono text-table font-medium">{role}</code>
                  <span className="text-label text-muted">{above ? t("aboveOwn") : t(`short.${role}`)}</span>
                </span>
              </label>
            );
          })}
        </div>
      </fieldset>
      <RolePreview role={value} scope="project" />
    </div>
  );
}
