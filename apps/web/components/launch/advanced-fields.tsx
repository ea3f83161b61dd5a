"use client";

import { base64Length, userDataBase64Limit } from "@madang/core/instance/launch";
import { ChevronRight, Upload } from "lucide-react";
import { useFormatter, useTranslations } from "next-intl";
import { useRef, useState } from "react";
import { useFormContext } from "react-hook-form";
import { fieldText, type Translate } from "../../lib/error-text.ts";
import { CrashPolicyField } from "../instance/crash-policy-field.tsx";
import { Button } from "../ui/button.tsx";
import { cn } from "../ui/class-names.ts";
import { Field } from "../ui/field.tsx";
import { TextArea } from "../ui/input.tsx";
import { Toggle } from "../ui/toggle.tsx";
import type { LaunchForm } from "./form-schema.ts";

/** What few need, folded, with a summary of what is set. */
export function AdvancedFields() {
  const t: Translate = useTranslations();
  const { watch, formState } = useFormContext<LaunchForm>();
  const [userData, deleteProtection, crashPolicy] = watch(["userData", "deleteProtection", "crashPolicy"]);
  const [open, setOpen] = useState(false);
  const shown = open || formState.errors.userData !== undefined;
  const set = [
    ...(userData ? [t("launch.userData")] : []),
    ...(deleteProtection ? [t("launch.protection")] : []),
    ...(crashPolicy === "stop" ? [t("crashPolicy.short")] : []),
  ];
  return (
    <section aria-label={t("launch.sections.advanced")} className="flex flex-col gap-4">
      <h2 className="border-b pb-2">
        <button
          type="button"
          aria-expanded={shown}
          onClick={() => setOpen(!shown)}
          className="flex w-full items-center gap-2 text-left text-lead font-semibold"
        >
          <ChevronRight
            aria-hidden
            className={cn("size-4 text-muted transition-transform duration-150", shown && "rotate-90")}
          />
          {t("launch.sections.advanced")}
          <span className="ml-auto text-label font-normal text-muted">
            {set.length > 0 ? t("launch.set", { what: set.join(", ") }) : t("launch.nothingSet")}
          </span>
        </button>
      </h2>
      {shown ? <Fields /> : null}
    </section>
  );
}

function Fields() {
  const t: Translate = useTranslations();
  const format = useFormatter();
  const { register, watch, setValue, formState } = useFormContext<LaunchForm>();
  const [userData, deleteProtection, crashPolicy] = watch(["userData", "deleteProtection", "crashPolicy"]);
  const file = useRef<HTMLInputElement>(null);
  const bytes = base64Length(userData);
  const over = bytes > userDataBase64Limit;
  const upload = async (chosen: File | undefined) => {
    if (chosen) setValue("userData", await chosen.text(), { shouldDirty: true, shouldValidate: true });
  };
  return (
    <div className="flex flex-col gap-5">
      <Field
        label={t("launch.userData")}
        optional={t("common.optional")}
        help={t("launch.userDataHelp")}
        error={fieldText(t, formState.errors.userData?.message)}
      >
        {(control) => (
          <TextArea
            {...control}
            {...register("userData")}
            rows={8}
            spellCheck={false}
            placeholder={"#cloud-config\n"}
            className="font-mono text-label"
          />
        )}
      </Field>
      <div className="-mt-3 flex flex-wrap items-center justify-between gap-2">
        <p role="status" className={cn("text-label tabular-nums", over ? "text-danger" : "text-muted")}>
          {t("launch.userDataBytes", {
            bytes: format.number(bytes),
            limit: format.number(userDataBase64Limit),
          })}
        </p>
        <input
          ref={file}
          type="file"
          className="sr-only"
          tabIndex={-1}
          aria-label={t("launch.userDataFile")}
          onChange={(event) => upload(event.target.files?.[0])}
        />
        <Button size="small" onClick={() => file.current?.click()}>
          <Upload aria-hidden />
          {t("launch.userDataFile")}
        </Button>
      </div>
      <Toggle
        label={t("launch.protection")}
        help={t("launch.protectionHelp")}
        checked={deleteProtection}
        onChange={(checked) => setValue("deleteProtection", checked, { shouldDirty: true })}
      />
      <CrashPolicyField
        value={crashPolicy}
        onChange={(policy) => setValue("crashPolicy", policy, { shouldDirty: true })}
      />
    </div>
  );
}
