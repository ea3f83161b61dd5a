"use client";

import { useTranslations } from "next-intl";
import { Field } from "../ui/field.tsx";
import { Input } from "../ui/input.tsx";

type SizeFieldProps = {
  value: string;
  least: number;
  error?: string | undefined;
  onChange: (value: string) => void;
};

/** GiB, whole. */
export function SizeField({ value, least, error, onChange }: SizeFieldProps) {
  const t = useTranslations("volumes");
  return (
    <Field label={t("sizeLabel")} help={t("sizeHelp", { least })} error={error}>
      {(control) => (
        <Input
          {...control}
          inputMode="numeric"
          value={value}
          autoComplete="off"
          className="tabular-nums"
          onChange={(event) => onChange(event.target.value)}
        />
      )}
    </Field>
  );
}
