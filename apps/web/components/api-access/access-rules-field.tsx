"use client";

import { isGranted, type Permission } from "@madang/core/identity/permission";
import { useTranslations } from "next-intl";
import { useId } from "react";
import { useFormContext } from "react-hook-form";
import { fieldText, type Translate } from "../../lib/error-text.ts";
import type { CallableRow } from "../../lib/rows.ts";
import { Segments } from "../ui/segments.tsx";
import type { CredentialForm } from "./credential-form.ts";

type Group = { permission: Permission; paths: string[] };

/** Calls of one permission are one thing in words. */
function groupsOf(callable: readonly CallableRow[]): Group[] {
  const groups = new Map<Permission, string[]>();
  for (const { permission, path } of callable)
    groups.set(permission, [...(groups.get(permission) ?? []), path]);
  return [...groups].map(([permission, paths]) => ({ permission, paths }));
}

/** Everything its role allows, or only what is ticked. */
export function AccessRulesField({ callable }: { callable: readonly CallableRow[] }) {
  const t: Translate = useTranslations();
  const { watch, setValue, formState } = useFormContext<CredentialForm>();
  const [scope, calls, role] = watch(["scope", "calls", "role"]);
  const id = useId();
  const fault = fieldText(t, formState.errors.calls?.message);
  const grants = { system: [], projects: { here: [role] } };
  const toggle = (paths: string[], on: boolean) => {
    const rest = calls.filter((path) => !paths.includes(path));
    setValue("calls", on ? [...rest, ...paths] : rest, { shouldDirty: true, shouldValidate: true });
  };
  return (
    <fieldset className="flex flex-col gap-2" aria-describedby={`${id}-note`}>
      <legend className="mb-1.5 text-table font-medium">{t("apiAccess.rules")}</legend>
      <Segments
        label={t("apiAccess.rules")}
        value={scope}
        onChange={(value) => setValue("scope", value === "chosen" ? "chosen" : "all")}
        options={[
          { value: "all", label: t("apiAccess.rulesAll") },
          { value: "chosen", label: t("apiAccess.rulesChosen") },
        ]}
      />
      <p
        id={`${id}-note`}
        role={fault ? "alert" : undefined}
        className={fault ? "text-label text-danger" : "text-label text-muted"}
      >
        {fault ?? t(scope === "all" ? "apiAccess.rulesAllHelp" : "apiAccess.rulesChosenHelp")}
      </p>
      {scope === "chosen" ? (
        <div className="grid gap-x-4 gap-y-2 rounded-control border p-3 sm:grid-cols-2">
          {groupsOf(callable)
            .filter(({ permission }) => isGranted(grants, permission, "here"))
            .map(({ permission, paths }) => (
              <label key={permission} className="flex items-start gap-2 text-table">
                <input
                  type="checkbox"
                  className="mt-0.5 size-4 shrink-0 accent-accent"
                  checked={paths.every((path) => calls.includes(path))}
                  onChange={(event) => toggle(paths, event.target.checked)}
                />
                <span className="min-w-0">
                  {t(`permissions.${permission}`)}
                  <code className="block font-mono text-label break-words text-muted">
                    {paths.join(", ")}
                  </code>
                </span>
              </label>
            ))}
        </div>
      ) : null}
    </fieldset>
  );
}
