"use client";

import { useTranslations } from "next-intl";
import { useFormContext } from "react-hook-form";
import { fieldText, type Translate } from "../../lib/error-text.ts";
import type { ZoneRow } from "../../lib/rows.ts";
import { Field } from "../ui/field.tsx";
import { Select } from "../ui/input.tsx";
import type { LaunchForm } from "./form-schema.ts";

/** In which availability zone it is to run. */
export function ZoneField({ zones }: { zones: ZoneRow[] }) {
  const t: Translate = useTranslations();
  const { register, formState } = useFormContext<LaunchForm>();
  return (
    <Field
      label={t("launch.zone")}
      help={t("launch.zoneAbout")}
      error={fieldText(t, formState.errors.availabilityZone?.message)}
      className="max-w-sm"
    >
      {(control) => (
        <Select {...control} {...register("availabilityZone")}>
          <option value="">{t("launch.anyZone")}</option>
          {zones.map(({ name, up }) => (
            <option key={name} value={name}>
              {up ? name : t("launch.zoneDown", { zone: name })}
            </option>
          ))}
        </Select>
      )}
    </Field>
  );
}
