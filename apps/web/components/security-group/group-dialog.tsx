"use client";

import { zodResolver } from "@hookform/resolvers/zod";
import { displayName } from "@madang/core/instance/launch";
import { groupDescription } from "@madang/core/network/security-rule";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useTranslations } from "next-intl";
import { useId, useState } from "react";
import { useForm } from "react-hook-form";
import { z } from "zod";
import { errorText, fieldText, type Translate } from "../../lib/error-text.ts";
import { type Failure, failureOf } from "../../lib/failure.ts";
import type { SecurityGroupRow } from "../../lib/rows.ts";
import { useTRPC } from "../../lib/trpc.ts";
import { uuidV7 } from "../../lib/uuid-v7.ts";
import { QuotaArithmetic } from "../quota/quota-arithmetic.tsx";
import { QuotaBlock } from "../quota/quota-block.tsx";
import { useRoom } from "../quota/use-room.ts";
import { Button } from "../ui/button.tsx";
import { Dialog } from "../ui/dialog.tsx";
import { FailureNotice } from "../ui/failure-notice.tsx";
import { Field } from "../ui/field.tsx";
import { Input } from "../ui/input.tsx";

const schema = z.object({ name: displayName, description: groupDescription });
type Values = z.infer<typeof schema>;
type GroupDialogProps = {
  projectId: string;
  group: Pick<SecurityGroupRow, "id" | "name" | "description" | "isDefault"> | null;
  onClose: () => void;
  onCreated?: (id: string) => void;
};

/** A new group begins with two rules that let everything out. */
const oneGroup = { security_groups: 1, security_group_rules: 2 };
const nothing = {};
const shown = ["security_groups", "security_group_rules"] as const;

export function GroupDialog({ projectId, group, onClose, onCreated }: GroupDialogProps) {
  const t: Translate = useTranslations();
  const formId = useId();
  const { form, submit, pending, failure } = useGroupForm({ projectId, group, onClose, onCreated });
  const wanted = group ? nothing : oneGroup;
  const { lines, blocked } = useRoom(projectId, wanted);
  const { errors } = form.formState;
  const words = (of: keyof Values) =>
    errors[of]?.type === "server" ? errors[of].message : fieldText(t, errors[of]?.message);
  const kind = group ? "edit" : "create";
  return (
    <Dialog
      open
      onOpenChange={(open) => (open ? undefined : onClose())}
      title={t(`securityGroups.${kind}Title`, { name: group?.name ?? "" })}
      about={group ? null : t("securityGroups.createAbout")}
      footer={
        <>
          <Button onClick={onClose}>{t("common.cancel")}</Button>
          <Button tone="primary" type="submit" form={formId} blocked={blocked} disabled={pending}>
            {t(`securityGroups.${kind}Verb`)}
          </Button>
        </>
      }
    >
      <form id={formId} noValidate className="flex flex-col gap-4" onSubmit={submit}>
        {failure ? <FailureNotice failure={failure} /> : null}
        <Field
          label={t("fields.name")}
          error={words("name")}
          help={group?.isDefault ? t("securityGroups.defaultKeepsName") : undefined}
        >
          {(control) => (
            <Input
              {...control}
              {...form.register("name")}
              readOnly={group?.isDefault}
              autoComplete="off"
              spellCheck={false}
            />
          )}
        </Field>
        <Field
          label={t("securityGroups.description")}
          optional={t("common.optional")}
          error={words("description")}
        >
          {(control) => <Input {...control} {...form.register("description")} autoComplete="off" />}
        </Field>
        {group ? null : (
          <>
            <QuotaArithmetic lines={lines} wanted={wanted} shown={shown} />
            <QuotaBlock projectId={projectId} lines={lines} wanted={wanted} />
          </>
        )}
      </form>
    </Dialog>
  );
}

function useGroupForm({ projectId, group, onClose, onCreated }: GroupDialogProps) {
  const t: Translate = useTranslations();
  const trpc = useTRPC();
  const queries = useQueryClient();
  const [id, setId] = useState(uuidV7);
  const [failure, setFailure] = useState<Failure | null>(null);
  const form = useForm<Values>({
    resolver: zodResolver(schema),
    defaultValues: { name: group?.name ?? "", description: group?.description ?? "" },
  });
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
    onSettled: () => {
      void queries.invalidateQueries({ queryKey: trpc.securityGroup.pathKey() });
      void queries.invalidateQueries({ queryKey: trpc.project.quota.pathKey() });
    },
  };
  const create = useMutation(trpc.securityGroup.create.mutationOptions(done));
  const update = useMutation(trpc.securityGroup.update.mutationOptions(done));
  const submit = form.handleSubmit((values) => {
    setFailure(null);
    if (group) update.mutate({ projectId, id: group.id, ...values });
    else create.mutate({ projectId, id, ...values });
  });
  return { form, submit, pending: create.isPending || update.isPending, failure };
}
