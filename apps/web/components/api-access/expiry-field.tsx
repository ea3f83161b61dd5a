"use client";

import { useFormatter, useTranslations } from "next-intl";
import { useFormContext } from "react-hook-form";
import { fieldText, type Translate } from "../../lib/error-text.ts";
import { Field } from "../ui/field.tsx";
import { Input } from "../ui/input.tsx";
import { Segments } from "../ui/segments.tsx";
import { type CredentialForm, expiryChoices, expiryOf } from "./credential-form.ts";

export function ExpiryField() {
  const t: Translate = useTranslations();
  const format = useFormatter();
  const { watch, setValue, register, formState } = useFormContext<CredentialForm>();
  const [expiry, date] = watch(["expiry", "date"]);
  const until = expiryOf({ expiry, date });
  const isChoice = (value: string) => expiryChoices.find((one) => one === value);
  const words = until
    ? t("apiAccess.expiresOn", { date: format.dateTime(until, { dateStyle: "long" }) })
    : t("apiAccess.expiresNever");
  return (
    <fieldset className="flex flex-col gap-2">
      <legend className="mb-1.5 text-table font-medium">{t("apiAccess.expiry")}</legend>
      <Segments
        label={t("apiAccess.expiry")}
        value={expiry}
        onChange={(value) => setValue("expiry", isChoice(value) ?? "90", { shouldDirty: true })}
        options={expiryChoices.map((value) => ({ value, label: t(`apiAccess.expiryChoices.${value}`) }))}
      />
      {expiry === "date" ? (
        <Field
          label={t("apiAccess.lastDay")}
          className="max-w-48"
          error={fieldText(t, formState.errors.date?.message)}
        >
          {(control) => <Input {...control} {...register("date")} type="date" />}
        </Field>
      ) : null}
      <p className="text-label text-muted" aria-live="polite">
        {expiry === "date" && !until ? null : words}
      </p>
    </fieldset>
  );
}
