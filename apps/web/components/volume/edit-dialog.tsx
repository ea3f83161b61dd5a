"use client";

import { displayName } from "@madang/core/instance/launch";
import { useMutation } from "@tanstack/react-query";
import { useTranslations } from "next-intl";
import { useId, useState } from "react";
import { fieldText, type Translate } from "../../lib/error-text.ts";
import type { VolumeRow } from "../../lib/rows.ts";
import { useTRPC } from "../../lib/trpc.ts";
import { PropertiesField } from "../admin/properties-field.tsx";
import { type PropertyFault, propertiesFrom, rowsOf } from "../admin/property-rows.ts";
import { Button } from "../ui/button.tsx";
import { Dialog } from "../ui/dialog.tsx";
import { FailureNotice } from "../ui/failure-notice.tsx";
import { Field } from "../ui/field.tsx";
import { Input } from "../ui/input.tsx";
import { Toggle } from "../ui/toggle.tsx";
import { useVolumeChange } from "./use-volumes.ts";

type EditDialogProps = { projectId: string; volume: VolumeRow; onClose: () => void };

export function EditDialog({ projectId, volume, onClose }: EditDialogProps) {
  const t: Translate = useTranslations();
  const formId = useId();
  const { bootable, deleteProtection } = volume;
  const [values, setValues] = useState({
    name: volume.name,
    description: volume.description,
    bootable,
    deleteProtection,
  });
  const [rows, setRows] = useState(() => rowsOf(volume.metadata));
  const [rowFault, setRowFault] = useState<PropertyFault | null>(null);
  const [tried, setTried] = useState(false);
  const { failure, options } = useVolumeChange(onClose);
  const update = useMutation(useTRPC().volume.update.mutationOptions(options));
  const fault = displayName.safeParse(values.name).error?.issues[0]?.message;
  const set = (change: Partial<typeof values>) => setValues({ ...values, ...change });
  const submit = () => {
    setTried(true);
    const metadata = propertiesFrom(rows);
    if ("fault" in metadata) return setRowFault(metadata.fault);
    setRowFault(null);
    if (!fault) update.mutate({ projectId, id: volume.id, ...values, metadata: metadata.all });
  };
  return (
    <Dialog
      open
      onOpenChange={(open) => (open ? undefined : onClose())}
      title={t("volumes.editTitle", { name: volume.name })}
      footer={
        <>
          <Button onClick={onClose}>{t("common.cancel")}</Button>
          <Button tone="primary" type="submit" form={formId} disabled={update.isPending}>
            {t("volumes.editVerb")}
          </Button>
        </>
      }
    >
      <form
        id={formId}
        noValidate
        className="flex flex-col gap-4"
        onSubmit={(event) => {
          event.preventDefault();
          submit();
        }}
      >
        {failure ? <FailureNotice failure={failure} /> : null}
        <Field label={t("volumes.nameLabel")} error={tried && fault ? fieldText(t, fault) : undefined}>
          {(control) => (
            <Input
              {...control}
              value={values.name}
              autoComplete="off"
              onChange={(event) => set({ name: event.target.value })}
            />
          )}
        </Field>
        <Field label={t("volumes.descriptionLabel")} optional={t("common.optional")}>
          {(control) => (
            <Input
              {...control}
              value={values.description}
              autoComplete="off"
              onChange={(event) => set({ description: event.target.value })}
            />
          )}
        </Field>
        <Toggle
          label={t("volumes.bootable")}
          help={t("volumes.bootableHelp")}
          checked={values.bootable}
          onChange={(next) => set({ bootable: next })}
        />
        <Toggle
          label={t("volumes.protection")}
          help={t("volumes.protectionHelp")}
          checked={values.deleteProtection}
          onChange={(next) => set({ deleteProtection: next })}
        />
        <PropertiesField
          label={t("volumes.metadata")}
          help={t("volumes.metadataHelp")}
          rows={rows}
          fault={rowFault}
          onChange={setRows}
        />
      </form>
    </Dialog>
  );
}
