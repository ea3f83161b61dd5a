"use client";

import { Dices } from "lucide-react";
import { useTranslations } from "next-intl";
import { useFormContext } from "react-hook-form";
import { fieldText, type Translate } from "../../lib/error-text.ts";
import { Button } from "../ui/button.tsx";
import { CopyButton } from "../ui/copyable.tsx";
import { Field } from "../ui/field.tsx";
import { PasswordInput } from "../ui/input.tsx";
import type { LaunchForm } from "./form-schema.ts";
import { randomPassword } from "./random-password.ts";

export function PasswordField() {
  const t: Translate = useTranslations();
  const { register, setValue, watch, formState } = useFormContext<LaunchForm>();
  const password = watch("password");
  return (
    <div className="flex flex-wrap items-end gap-2">
      <Field
        label={t("launch.password")}
        optional={t("common.optional")}
        help={t("launch.passwordHelp")}
        error={fieldText(t, formState.errors.password?.message)}
        className="min-w-56 flex-1"
      >
        {(control) => <PasswordInput {...control} {...register("password")} autoComplete="new-password" />}
      </Field>
      <div className="mb-6 flex items-center gap-2 max-sm:mb-0">
        <Button
          onClick={() => setValue("password", randomPassword(), { shouldDirty: true, shouldValidate: true })}
        >
          <Dices aria-hidden />
          {t("launch.generatePassword")}
        </Button>
        {password ? <CopyButton text={password} label={t("launch.copyPassword")} /> : null}
      </div>
    </div>
  );
}
