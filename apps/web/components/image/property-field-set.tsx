"use client";

import { knownProperties } from "@madang/core/image/hardware";
import { useTranslations } from "next-intl";
import { useFormContext } from "react-hook-form";
import { fieldText, type Translate } from "../../lib/error-text.ts";
import { Field } from "../ui/field.tsx";
import { Fold } from "../ui/fold.tsx";
import { Select, TextArea } from "../ui/input.tsx";
import type { ImageFieldValues } from "./image-fields.ts";
import { type ChosenProperty, chosenProperties } from "./image-properties.ts";

/** What of the machine the image decides, with a word for each; everything else as lines. */
export function PropertyFieldSet() {
  const t: Translate = useTranslations();
  const { register, watch, formState } = useFormContext<ImageFieldValues>();
  const { machine, others } = watch("properties");
  const lines = others.split("\n").filter((line) => line.trim() !== "");
  const count = Object.values(machine).filter((value) => value !== "").length + lines.length;
  const fault = formState.errors.properties?.others?.message;
  return (
    <Fold
      title={t("images.hardware.title")}
      note={t("images.hardware.note", { count })}
      faulty={fault !== undefined}
    >
      <p className="text-table text-muted">{t("images.hardware.about")}</p>
      <div className="grid gap-4 sm:grid-cols-2">
        {chosenProperties.map((name) => (
          <Choice key={name} name={name} />
        ))}
      </div>
      <Field
        label={t("images.hardware.others")}
        optional={t("common.optional")}
        help={t("images.hardware.othersHelp")}
        error={fieldText(t, fault)}
      >
        {(control) => (
          <TextArea
            {...control}
            {...register("properties.others")}
            spellCheck={false}
            className="font-mono"
          />
        )}
      </Field>
    </Fold>
  );
}

function Choice({ name }: { name: ChosenProperty }) {
  const t: Translate = useTranslations();
  const { register } = useFormContext<ImageFieldValues>();
  return (
    <Field label={t(`images.hardware.names.${name}`)} help={t(`images.hardware.help.${name}`)}>
      {(control) => (
        <Select {...control} {...register(`properties.machine.${name}`)}>
          <option value="">{t("images.hardware.usual")}</option>
          {knownProperties[name].values.map((value) => (
            <option key={value} value={value}>
              {propertyValueText(t, value)}
            </option>
          ))}
        </Select>
      )}
    </Field>
  );
}

/** In words where there are some; a model's name is its name. */
export function propertyValueText(t: Translate, value: string): string {
  const key = `images.hardware.values.${value}`;
  return t.has(key) ? t(key) : value;
}
