"use client";

import { zodResolver } from "@hookform/resolvers/zod";
import { displayName } from "@madang/core/instance/launch";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useTranslations } from "next-intl";
import { useState } from "react";
import { useForm } from "react-hook-form";
import { z } from "zod";
import { errorText, fieldText, type Translate } from "../../lib/error-text.ts";
import { type Failure, failureOf } from "../../lib/failure.ts";
import type { GroupRow } from "../../lib/rows.ts";
import { useTRPC } from "../../lib/trpc.ts";
import { uuidV7 } from "../../lib/uuid-v7.ts";
import { Button } from "../ui/button.tsx";
import { Dialog } from "../ui/dialog.tsx";
import { FailureNotice } from "../ui/failure-notice.tsx";
import { Field } from "../ui/field.tsx";
import { Input } from "../ui/input.tsx";

const schema = z.object({ name: displayName, description: z.string().max(255) });
type Values = z.infer<typeof schema>;
type GroupDialogProps = {
  group: Pick<GroupRow, "id" | "name" | "description"> | null;
  onClose: () => void;
  onCreated?: (id: string) => void;
};

/** A new group, or name and description of one that is there. */
export function GroupDialog({ group, onClose, onCreated }: GroupDialogProps) {
  const t: Translate = useTranslations();
  const trpc = useTRPC();
  const queries = useQueryClient();
  const [id, setId] = useState(uuidV7);
  const [failure, setFailure] = useState<Failure | null>(null);
  const form = useForm<Values>({
    resolver: zodResolver(schema),
    defaultValues: { name: group?.name ?? "", description: group?.description ?? "" },
  });
  const { errors } = form.formState;
  const done = {
    onSuccess: () => {
      onClose();
      if (!group) onCreated?.(id);
    },
    onError: (thrown: unknown) => {
      const refused = failureOf(thrown);
      if (refused.error.reason === "idInUse") setId(uuidV7());
      if (refused.error.field !== "name") return setFailure(refused);
      form.setError("name", { message: errorText(t, refused.error), type: "server" }, { shouldFocus: true });
    },
    onSettled: () => void queries.invalidateQueries({ queryKey: trpc.admin.group.pathKey() }),
  };
  const create = useMutation(trpc.admin.group.create.mutationOptions(done));
  const update = useMutation(trpc.admin.group.update.mutationOptions(done));
  const submit = form.handleSubmit((values) => {
    setFailure(null);
    if (group) update.mutate({ id: group.id, ...values });
    else create.mutate({ id, ...values });
  });
  const words = (of: keyof Values) =>
    errors[of]?.type === "server" ? errors[of].message : fieldText(t, errors[of]?.message);
  const kind = group ? "edit" : "create";
  return (
    <Dialog
      open
      onOpenChange={(open) => (open ? undefined : onClose())}
      title={t(`admin.groups.${kind}Title`, { name: group?.name ?? "" })}
      footer={
        <>
          <Button onClick={onClose}>{t("common.cancel")}</Button>
          <Button tone="primary" disabled={create.isPending || update.isPending} onClick={submit}>
            {t(`admin.groups.${kind}Verb`)}
          </Button>
        </>
      }
    >
      <form noValidate className="flex flex-col gap-4" onSubmit={submit}>
        {failure ? <FailureNotice failure={failure} /> : null}
        <Field label={t("admin.groups.name")} error={words("name")}>
          {(control) => (
            <Input {...control} {...form.register("name")} autoComplete="off" spellCheck={false} />
          )}
        </Field>
        <Field
          label={t("admin.groups.description")}
          optional={t("common.optional")}
          error={words("description")}
        >
          {(control) => (
            <Input {...control} {...form.register("description")} maxLength={255} autoComplete="off" />
          )}
        </Field>
        <button type="submit" hidden aria-hidden tabIndex={-1} />
      </form>
    </Dialog>
  );
}
