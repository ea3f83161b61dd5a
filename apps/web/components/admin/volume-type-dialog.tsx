"use client";

import { zodResolver } from "@hookform/resolvers/zod";
import { displayName } from "@madang/core/instance/launch";
import { description } from "@madang/core/network/subnet-input";
import { volumeQos } from "@madang/core/volume/volume-input";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useTranslations } from "next-intl";
import { useState } from "react";
import { useForm } from "react-hook-form";
import { z } from "zod";
import { fieldText, type Translate } from "../../lib/error-text.ts";
import { type Failure, failureOf } from "../../lib/failure.ts";
import type { VolumeTypeRow } from "../../lib/rows.ts";
import { useTRPC } from "../../lib/trpc.ts";
import { uuidV7 } from "../../lib/uuid-v7.ts";
import type { PickedProject } from "../project/project-picker.tsx";
import { ProjectSetField } from "../project/project-set-field.tsx";
import { Button } from "../ui/button.tsx";
import { Dialog } from "../ui/dialog.tsx";
import { FailureNotice } from "../ui/failure-notice.tsx";
import { Field } from "../ui/field.tsx";
import { Input } from "../ui/input.tsx";
import { Toggle } from "../ui/toggle.tsx";
import { limitNames, limitsOf, textsOf } from "./volume-limits.ts";

const limit = z.string().regex(/^\s*(?:[1-9]\d{0,9})?\s*$/, { error: "numberWhole" });
const schema = z
  .object({
    name: displayName,
    description,
    limits: z.object({
      totalMib: limit,
      readMib: limit,
      writeMib: limit,
      totalIops: limit,
      readIops: limit,
      writeIops: limit,
    }),
  })
  .refine(({ limits }) => volumeQos.safeParse(limitsOf(limits)).success, {
    error: "qosTotalAndHalves",
    path: ["limits", "root"],
  });
type Values = z.infer<typeof schema>;

/** `type` null: a new one. Its storage can't change later: volumes are kept there. */
export function VolumeTypeDialog({ type, onClose }: { type: VolumeTypeRow | null; onClose: () => void }) {
  const t: Translate = useTranslations();
  const trpc = useTRPC();
  const queries = useQueryClient();
  const [id] = useState(uuidV7);
  const [open, setOpen] = useState(type?.public ?? true);
  const [projects, setProjects] = useState<PickedProject[]>(type?.projects ?? []);
  const [failure, setFailure] = useState<Failure | null>(null);
  const form = useForm<Values>({
    resolver: zodResolver(schema),
    defaultValues: {
      name: type?.name ?? "",
      description: type?.description ?? "",
      limits: textsOf(type?.qos ?? {}),
    },
  });
  const done = {
    onSuccess: onClose,
    onError: (thrown: unknown) => setFailure(failureOf(thrown)),
    onSettled: () => {
      for (const queryKey of [trpc.admin.volumeType.pathKey(), trpc.volumeType.pathKey()])
        void queries.invalidateQueries({ queryKey });
    },
  };
  const create = useMutation(trpc.admin.volumeType.create.mutationOptions(done));
  const update = useMutation(trpc.admin.volumeType.update.mutationOptions(done));
  const submit = form.handleSubmit(({ limits, ...words }) => {
    setFailure(null);
    const projectIds = open ? [] : projects.map((project) => project.id);
    const values = { ...words, public: open, projectIds, qos: limitsOf(limits) };
    if (type) update.mutate({ id: type.id, ...values });
    else create.mutate({ id, ...values });
  });
  const { errors } = form.formState;
  const kind = type ? "edit" : "create";
  return (
    <Dialog
      open
      onOpenChange={(next) => (next ? undefined : onClose())}
      title={t(`admin.volumeTypes.${kind}Title`, { name: type?.name ?? "" })}
      footer={
        <>
          <Button onClick={onClose}>{t("common.cancel")}</Button>
          <Button tone="primary" disabled={create.isPending || update.isPending} onClick={submit}>
            {t(`admin.volumeTypes.${kind}Verb`)}
          </Button>
        </>
      }
    >
      <form noValidate className="flex flex-col gap-4" onSubmit={submit}>
        {failure ? <FailureNotice failure={failure} /> : null}
        <Field label={t("fields.name")} error={fieldText(t, errors.name?.message)}>
          {(control) => <Input {...control} {...form.register("name")} autoComplete="off" />}
        </Field>
        <Field
          label={t("admin.volumeTypes.description")}
          optional={t("common.optional")}
          error={fieldText(t, errors.description?.message)}
        >
          {(control) => <Input {...control} {...form.register("description")} autoComplete="off" />}
        </Field>
        <p className="text-table">
          <span className="font-medium">{t("admin.volumeTypes.backend")}</span>
          <span className="text-muted"> · {t("admin.volumeTypes.backendFile")}</span>
        </p>
        <Toggle
          label={t("admin.volumeTypes.public")}
          help={t("admin.volumeTypes.publicHelp")}
          checked={open}
          disabled={type?.isDefault ?? false}
          onChange={setOpen}
        />
        {open ? null : (
          <ProjectSetField
            label={t("admin.volumeTypes.projects")}
            help={t("admin.volumeTypes.projectsHelp")}
            nobody={t("admin.volumeTypes.noProjects")}
            chosen={projects}
            onChange={setProjects}
          />
        )}
        <fieldset className="flex flex-col gap-2">
          <legend className="mb-1.5 text-table font-medium">{t("admin.volumeTypes.qos")}</legend>
          <div className="grid gap-3 sm:grid-cols-3">
            {limitNames.map((name) => (
              <Field
                key={name}
                label={t(`admin.volumeTypes.limits.${name}`)}
                error={fieldText(t, errors.limits?.[name]?.message)}
              >
                {(control) => (
                  <Input
                    {...control}
                    {...form.register(`limits.${name}`)}
                    inputMode="numeric"
                    autoComplete="off"
                    className="tabular-nums"
                  />
                )}
              </Field>
            ))}
          </div>
          {errors.limits?.root ? (
            <p role="alert" className="text-label text-danger">
              {fieldText(t, errors.limits.root.message)}
            </p>
          ) : (
            <p className="text-label text-muted">{t("admin.volumeTypes.qosHelp")}</p>
          )}
        </fieldset>
        <button type="submit" hidden aria-hidden tabIndex={-1} />
      </form>
    </Dialog>
  );
}
