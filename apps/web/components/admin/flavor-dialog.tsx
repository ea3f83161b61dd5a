"use client";

import { zodResolver } from "@hookform/resolvers/zod";
import { displayName } from "@madang/core/instance/launch";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useTranslations } from "next-intl";
import { useState } from "react";
import { useForm } from "react-hook-form";
import { z } from "zod";
import { fieldText, type Translate } from "../../lib/error-text.ts";
import { type Failure, failureOf } from "../../lib/failure.ts";
import { useTRPC } from "../../lib/trpc.ts";
import { uuidV7 } from "../../lib/uuid-v7.ts";
import { Button } from "../ui/button.tsx";
import { Dialog } from "../ui/dialog.tsx";
import { FailureNotice } from "../ui/failure-notice.tsx";
import { Field } from "../ui/field.tsx";
import { Input } from "../ui/input.tsx";
import { PropertiesField } from "./properties-field.tsx";
import { type PropertyFault, type PropertyRow, propertiesFrom } from "./property-rows.ts";

const whole = (least: number, most: number) =>
  z
    .number({ error: "numberRequired" })
    .int({ error: "numberWhole" })
    .min(least, { error: "numberRange" })
    .max(most, { error: "numberRange" });

/** The same bounds as a guest's spec in core (wire/guest). */
const schema = z.object({
  name: displayName,
  description: z.string().max(1_000, { error: "nameTooLong" }),
  vcpus: whole(1, 512),
  ramMib: whole(64, 16_777_216),
  diskGib: whole(0, 65_536),
});
type Values = z.infer<typeof schema>;

/** A new size. What it measures can't change later, as in Nova: instances depend on it. */
export function FlavorDialog({ onClose }: { onClose: () => void }) {
  const t: Translate = useTranslations();
  const trpc = useTRPC();
  const queries = useQueryClient();
  const [id] = useState(uuidV7);
  const [rows, setRows] = useState<PropertyRow[]>([]);
  const [rowFault, setRowFault] = useState<PropertyFault | null>(null);
  const [failure, setFailure] = useState<Failure | null>(null);
  const form = useForm<Values>({
    resolver: zodResolver(schema),
    defaultValues: { name: "", description: "", vcpus: 1, ramMib: 1024, diskGib: 10 },
  });
  const create = useMutation(
    trpc.admin.flavor.create.mutationOptions({
      onSuccess: () => {
        void queries.invalidateQueries({ queryKey: trpc.admin.flavor.pathKey() });
        onClose();
      },
      onError: (thrown) => setFailure(failureOf(thrown)),
    }),
  );
  const submit = form.handleSubmit((values) => {
    setFailure(null);
    const said = propertiesFrom(rows);
    setRowFault("fault" in said ? said.fault : null);
    if (!("fault" in said)) create.mutate({ id, ...values, requiredProperties: said.all });
  });
  const errors = form.formState.errors;
  const numbers = ["vcpus", "ramMib", "diskGib"] as const;
  return (
    <Dialog
      open
      onOpenChange={(open) => (open ? undefined : onClose())}
      title={t("admin.flavors.createTitle")}
      about={t("admin.flavors.createAbout")}
      footer={
        <>
          <Button onClick={onClose}>{t("common.cancel")}</Button>
          <Button tone="primary" disabled={create.isPending} onClick={submit}>
            {t("admin.flavors.create")}
          </Button>
        </>
      }
    >
      <form noValidate className="flex flex-col gap-4" onSubmit={submit}>
        {failure ? <FailureNotice failure={failure} /> : null}
        <Field label={t("fields.name")} error={fieldText(t, errors.name?.message)}>
          {(control) => (
            <Input {...control} {...form.register("name")} autoComplete="off" placeholder="m1.small" />
          )}
        </Field>
        <div className="grid gap-4 sm:grid-cols-3">
          {numbers.map((name) => (
            <Field
              key={name}
              label={t(`admin.flavors.${name}Label`)}
              error={fieldText(t, errors[name]?.message)}
            >
              {(control) => (
                <Input
                  {...control}
                  {...form.register(name, { valueAsNumber: true })}
                  type="number"
                  inputMode="numeric"
                  className="tabular-nums"
                />
              )}
            </Field>
          ))}
        </div>
        <Field
          label={t("admin.flavors.description")}
          optional={t("common.optional")}
          error={fieldText(t, errors.description?.message)}
        >
          {(control) => <Input {...control} {...form.register("description")} autoComplete="off" />}
        </Field>
        <PropertiesField
          label={t("admin.flavors.required")}
          help={t("admin.flavors.requiredHelp")}
          rows={rows}
          fault={rowFault}
          onChange={setRows}
        />
        <button type="submit" hidden aria-hidden tabIndex={-1} />
      </form>
    </Dialog>
  );
}
