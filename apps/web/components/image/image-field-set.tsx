"use client";

import { type ImageVisibility, imageVisibilities } from "@madang/core/image/status";
import { useTranslations } from "next-intl";
import type { ReactNode } from "react";
import { useFormContext } from "react-hook-form";
import { fieldText, type Translate } from "../../lib/error-text.ts";
import { usePermission } from "../../lib/use-permission.ts";
import { Field } from "../ui/field.tsx";
import { Input, Select } from "../ui/input.tsx";
import type { ImageFieldValues } from "./image-fields.ts";
import { PropertyFieldSet } from "./property-field-set.tsx";

type ImageFieldSetProps = {
  /** What stands before the visibility. */
  beside?: ReactNode;
  /** false: it gets its name elsewhere. */
  named?: boolean;
};

/** Inside a FormProvider. */
export function ImageFieldSet({ beside, named = true }: ImageFieldSetProps) {
  const t: Translate = useTranslations();
  const mayPublish = usePermission("image:publish", null);
  const { register, watch, formState } = useFormContext<ImageFieldValues>();
  const { errors } = formState;
  const visibilities = imageVisibilities.filter((one) => one !== "public" || mayPublish);
  const least = (name: "minDiskGib" | "minRamMib", label: string) => (
    <Field label={label} error={fieldText(t, errors[name]?.message)}>
      {(control) => <Input {...control} {...register(name, { valueAsNumber: true })} type="number" min={0} />}
    </Field>
  );
  return (
    <>
      {named ? (
        <Field label={t("images.name")} error={fieldText(t, errors.name?.message)}>
          {(control) => <Input {...control} {...register("name")} autoComplete="off" />}
        </Field>
      ) : null}
      <Field
        label={t("images.description")}
        optional={t("common.optional")}
        error={fieldText(t, errors.description?.message)}
      >
        {(control) => <Input {...control} {...register("description")} autoComplete="off" />}
      </Field>
      <div className="grid gap-4 sm:grid-cols-2">
        {beside}
        <Field label={t("images.visibility")} help={t(`images.visibilityHelp.${watch("visibility")}`)}>
          {(control) => (
            <Select {...control} {...register("visibility")}>
              {visibilities.map((one: ImageVisibility) => (
                <option key={one} value={one}>
                  {t(`images.visibilities.${one}`)}
                </option>
              ))}
            </Select>
          )}
        </Field>
        {beside ? null : <span className="max-sm:hidden" />}
        {least("minDiskGib", t("images.minDisk"))}
        {least("minRamMib", t("images.minRam"))}
      </div>
      <PropertyFieldSet />
    </>
  );
}
