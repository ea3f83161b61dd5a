"use client";

import type { Role } from "@madang/core/identity/permission";
import { useTranslations } from "next-intl";
import { useFormContext } from "react-hook-form";
import type { Translate } from "../../lib/error-text.ts";
import { Segments } from "../ui/segments.tsx";
import type { CredentialForm } from "./credential-form.ts";

/** Of a person's own roles; each includes the weaker ones. */
export function RoleField({ offered }: { offered: readonly Role[] }) {
  const t: Translate = useTranslations();
  const { watch, setValue } = useFormContext<CredentialForm>();
  const role = watch("role");
  return (
    <fieldset className="flex flex-col gap-2">
      <legend className="mb-1.5 text-table font-medium">{t("apiAccess.role")}</legend>
      <Segments
        label={t("apiAccess.role")}
        value={role}
        onChange={(value) =>
          setValue("role", offered.find((one) => one === value) ?? role, { shouldDirty: true })
        }
        options={offered.map((one) => ({ value: one, label: one }))}
      />
      <p className="text-label text-muted">{t(`apiAccess.roleMeans.${role}`)}</p>
    </fieldset>
  );
}
