"use client";

import { zodResolver } from "@hookform/resolvers/zod";
import { rolesIn } from "@madang/core/identity/permission";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useTranslations } from "next-intl";
import { useId, useState } from "react";
import { FormProvider, useForm, useFormContext } from "react-hook-form";
import { fieldText, type Translate } from "../../lib/error-text.ts";
import { type Failure, failureOf } from "../../lib/failure.ts";
import type { MadeCredential } from "../../lib/rows.ts";
import { useTRPC } from "../../lib/trpc.ts";
import { useMe } from "../../lib/use-me.ts";
import { uuidV7 } from "../../lib/uuid-v7.ts";
import { Button } from "../ui/button.tsx";
import { Dialog } from "../ui/dialog.tsx";
import { FailureNotice } from "../ui/failure-notice.tsx";
import { Field } from "../ui/field.tsx";
import { Input } from "../ui/input.tsx";
import { AccessRulesField } from "./access-rules-field.tsx";
import {
  type CredentialForm,
  credentialForm,
  expiryOf,
  rolesToGive,
  suggestedName,
} from "./credential-form.ts";
import { ExpiryField } from "./expiry-field.tsx";
import { RoleField } from "./role-field.tsx";

type CreateDialogProps = {
  projectId: string;
  onClose: () => void;
  onMade: (made: MadeCredential) => void;
};

/** A name is suggested and everything else has a sensible answer, so that one press makes it. */
export function CreateDialog({ projectId, onClose, onMade }: CreateDialogProps) {
  const t: Translate = useTranslations();
  const trpc = useTRPC();
  const formId = useId();
  const offered = rolesToGive(rolesIn(useMe().grants, projectId));
  const callable = useQuery(trpc.credential.callable.queryOptions({ projectId }, { staleTime: 60_000 }));
  const form = useForm<CredentialForm>({
    resolver: zodResolver(credentialForm),
    defaultValues: {
      name: suggestedName(new Date()),
      description: "",
      role: offered.includes("member") ? "member" : "reader",
      expiry: "90",
      date: "",
      scope: "all",
      calls: [],
    },
  });
  const { create, pending, failure } = useCreate({ projectId, onMade, setFault: form.setError });
  return (
    <Dialog
      open
      wide
      onOpenChange={(open) => (open ? undefined : onClose())}
      title={t("apiAccess.createTitle")}
      about={t("apiAccess.createAbout")}
      footer={
        <>
          <Button onClick={onClose}>{t("common.cancel")}</Button>
          <Button tone="primary" type="submit" form={formId} disabled={pending}>
            {t("apiAccess.create")}
          </Button>
        </>
      }
    >
      <FormProvider {...form}>
        <form
          id={formId}
          noValidate
          className="flex flex-col gap-5"
          onSubmit={form.handleSubmit((values) => create(values))}
        >
          {failure ? <FailureNotice failure={failure} /> : null}
          <NameFields />
          <RoleField offered={offered} />
          <ExpiryField />
          <AccessRulesField callable={callable.data?.items ?? []} />
        </form>
      </FormProvider>
    </Dialog>
  );
}

function NameFields() {
  const t: Translate = useTranslations();
  const { register, formState } = useFormContext<CredentialForm>();
  const { errors } = formState;
  return (
    <div className="grid items-start gap-4 sm:grid-cols-2">
      <Field label={t("fields.name")} error={fieldText(t, errors.name?.message)}>
        {(control) => (
          <Input
            {...control}
            {...register("name")}
            autoComplete="off"
            spellCheck={false}
            onFocus={(event) => event.target.select()}
          />
        )}
      </Field>
      <Field
        label={t("apiAccess.description")}
        optional={t("common.optional")}
        error={fieldText(t, errors.description?.message)}
      >
        {(control) => <Input {...control} {...register("description")} autoComplete="off" />}
      </Field>
    </div>
  );
}

type CreateOptions = {
  projectId: string;
  onMade: (made: MadeCredential) => void;
  setFault: (field: "name", fault: { message: string }, options: { shouldFocus: boolean }) => void;
};

function useCreate({ projectId, onMade, setFault }: CreateOptions) {
  const trpc = useTRPC();
  const queries = useQueryClient();
  const [id, setId] = useState(uuidV7);
  const [failure, setFailure] = useState<Failure | null>(null);
  const mutation = useMutation(
    trpc.credential.create.mutationOptions({
      onSuccess: (made) => {
        void queries.invalidateQueries({ queryKey: trpc.credential.list.pathKey() });
        onMade(made);
      },
      onError: (thrown) => {
        const refused = failureOf(thrown);
        // An answer that never came, or another wish under the same id: the next attempt is one of its own.
        if (refused.error.code === "Conflict") setId(uuidV7());
        if (refused.error.field === "name")
          setFault("name", { message: refused.error.reason }, { shouldFocus: true });
        setFailure(refused);
      },
    }),
  );
  const create = ({ role, calls, scope, name, description, ...rest }: CredentialForm) => {
    setFailure(null);
    const accessRules = scope === "all" ? null : calls;
    mutation.mutate({
      id,
      projectId,
      name,
      description,
      roles: [role],
      expiresAt: expiryOf(rest),
      accessRules,
    });
  };
  return { create, pending: mutation.isPending, failure };
}
