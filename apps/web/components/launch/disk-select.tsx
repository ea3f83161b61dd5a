"use client";

import { useTranslations } from "next-intl";
import { type FieldPath, useFormContext } from "react-hook-form";
import { diskText } from "../../lib/amount.ts";
import { fieldText, type Translate } from "../../lib/error-text.ts";
import { Field } from "../ui/field.tsx";
import { Select } from "../ui/input.tsx";
import type { LaunchForm } from "./form-schema.ts";
import type { DiskOption } from "./volume-choice.ts";

type DiskSelectProps = {
  name: FieldPath<LaunchForm>;
  kind: "volume" | "snapshot";
  options: readonly DiskOption[];
};

/** One volume or snapshot; those that can't be chosen say why. */
export function DiskSelect({ name, kind, options }: DiskSelectProps) {
  const t: Translate = useTranslations();
  const { register, getFieldState, formState } = useFormContext<LaunchForm>();
  const error = fieldText(t, getFieldState(name, formState).error?.message);
  const free = options.filter(({ reason }) => reason === null);
  const help = free.length === 0 ? t(`launch.disks.no.${kind}`) : undefined;
  return (
    <Field label={t(`volumes.sourceOf.${kind}`)} error={error} help={help}>
      {(control) => (
        <Select {...control} {...register(name)}>
          <option value="">{t("volumes.choose")}</option>
          {options.map(({ id, name: label, gib, reason }) => (
            <option key={id} value={id} disabled={reason !== null}>
              {[label, diskText(gib), ...(reason ? [t(`reasons.${reason}`)] : [])].join(" · ")}
            </option>
          ))}
        </Select>
      )}
    </Field>
  );
}
