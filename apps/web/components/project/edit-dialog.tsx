"use client";

import { displayName } from "@madang/core/instance/launch";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useTranslations } from "next-intl";
import { useState } from "react";
import { fieldText, type Translate } from "../../lib/error-text.ts";
import { type Failure, failureOf } from "../../lib/failure.ts";
import type { ProjectRow } from "../../lib/rows.ts";
import { useTRPC } from "../../lib/trpc.ts";
import { Button } from "../ui/button.tsx";
import { Dialog } from "../ui/dialog.tsx";
import { FailureNotice } from "../ui/failure-notice.tsx";
import { Field } from "../ui/field.tsx";
import { Input } from "../ui/input.tsx";

export const descriptionLimit = 255;

type DialogProps = {
  project: Pick<ProjectRow, "id" | "name" | "description" | "generation">;
  onClose: () => void;
};

export function EditProjectDialog({ project, onClose }: DialogProps) {
  const t: Translate = useTranslations();
  const trpc = useTRPC();
  const queries = useQueryClient();
  const [name, setName] = useState(project.name);
  const [description, setDescription] = useState(project.description);
  const [fault, setFault] = useState<string>();
  const [failure, setFailure] = useState<Failure | null>(null);
  const update = useMutation(
    trpc.admin.project.update.mutationOptions({
      onSuccess: onClose,
      onError: (thrown) => setFailure(failureOf(thrown)),
      onSettled: () => queries.invalidateQueries({ queryKey: trpc.admin.project.pathKey() }),
    }),
  );
  const submit = () => {
    const named = displayName.safeParse(name);
    setFault(named.success ? undefined : named.error.issues[0]?.message);
    setFailure(null);
    const { id, generation } = project;
    if (named.success) update.mutate({ id, generation, name: named.data, description });
  };
  return (
    <Dialog
      open
      onOpenChange={(open) => (open ? undefined : onClose())}
      title={t("admin.projects.editTitle", { name: project.name })}
      footer={
        <>
          <Button onClick={onClose}>{t("common.cancel")}</Button>
          <Button tone="primary" disabled={update.isPending} onClick={submit}>
            {t("admin.projects.save")}
          </Button>
        </>
      }
    >
      <form
        noValidate
        className="flex flex-col gap-4"
        onSubmit={(event) => {
          event.preventDefault();
          submit();
        }}
      >
        {failure ? <FailureNotice failure={failure} /> : null}
        <Field label={t("fields.name")} error={fieldText(t, fault)}>
          {(control) => (
            <Input
              {...control}
              value={name}
              autoComplete="off"
              onChange={(event) => setName(event.target.value)}
            />
          )}
        </Field>
        <Field label={t("admin.projects.description")} optional={t("common.optional")}>
          {(control) => (
            <Input
              {...control}
              value={description}
              maxLength={descriptionLimit}
              autoComplete="off"
              onChange={(event) => setDescription(event.target.value)}
            />
          )}
        </Field>
        <button type="submit" hidden aria-hidden tabIndex={-1} />
      </form>
    </Dialog>
  );
}
