"use client";

import { launchCountLimit, launchName } from "@madang/core/instance/launch";
import { useTranslations } from "next-intl";
import { useFormContext } from "react-hook-form";
import { fieldText, type Translate } from "../../lib/error-text.ts";
import { Field } from "../ui/field.tsx";
import { Input } from "../ui/input.tsx";
import type { LaunchForm } from "./form-schema.ts";

export function NameFields() {
  const t: Translate = useTranslations();
  const { register, watch, formState } = useFormContext<LaunchForm>();
  const [name, count] = watch(["name", "count"]);
  const several = count > 1 && name.trim() !== "";
  const help = several
    ? t("launch.nameSeveral", {
        first: launchName(name.trim(), 0, count),
        last: launchName(name.trim(), count - 1, count),
      })
    : t("launch.nameHelp");
  return (
    <div className="grid gap-4 sm:grid-cols-[minmax(0,1fr)_7rem]">
      <Field label={t("fields.name")} help={help} error={fieldText(t, formState.errors.name?.message)}>
        {(control) => (
          <Input
            {...control}
            {...register("name")}
            autoComplete="off"
            spellCheck={false}
            placeholder="web-1"
          />
        )}
      </Field>
      <Field label={t("launch.count")} error={fieldText(t, formState.errors.count?.message)}>
        {(control) => (
          <Input
            {...control}
            {...register("count", { valueAsNumber: true })}
            type="number"
            min={1}
            max={launchCountLimit}
            inputMode="numeric"
            className="tabular-nums"
          />
        )}
      </Field>
    </div>
  );
}
