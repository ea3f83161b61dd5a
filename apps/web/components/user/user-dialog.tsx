"use client";

import { zodResolver } from "@hookform/resolvers/zod";
import { displayName, password } from "@madang/core/instance/launch";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useTranslations } from "next-intl";
import { useState } from "react";
import { useForm } from "react-hook-form";
import { toast } from "sonner";
import { z } from "zod";
import { errorText, fieldText, type Translate } from "../../lib/error-text.ts";
import { type Failure, failureOf } from "../../lib/failure.ts";
import type { UserRow } from "../../lib/rows.ts";
import { useTRPC } from "../../lib/trpc.ts";
import { uuidV7 } from "../../lib/uuid-v7.ts";
import { Button } from "../ui/button.tsx";
import { Dialog } from "../ui/dialog.tsx";
import { FailureNotice } from "../ui/failure-notice.tsx";
import { Field } from "../ui/field.tsx";
import { Input, PasswordInput } from "../ui/input.tsx";
import { Segments } from "../ui/segments.tsx";
import { LinkDialog, type PasswordLink } from "./link-dialog.tsx";

const email = z.union([z.literal(""), z.email({ error: "email" }).max(254, { error: "email" })]);
const fields = z.object({ name: displayName, email, description: z.string().max(255), password: z.string() });
const withPassword = fields.extend({ password });
type Values = z.infer<typeof fields>;
const names = ["name", "email", "description", "password"] as const;

type UserDialogProps = {
  user: Pick<UserRow, "id" | "name" | "email" | "description"> | null;
  onClose: () => void;
};

/** A new user, or one that is there with what can change about him. */
export function UserDialog({ user, onClose }: UserDialogProps) {
  const t: Translate = useTranslations();
  const [first, setFirst] = useState<"link" | "password">("link");
  const byPassword = !user && first === "password";
  const form = useForm<Values>({
    resolver: zodResolver(byPassword ? withPassword : fields),
    defaultValues: {
      name: user?.name ?? "",
      email: user?.email ?? "",
      description: user?.description ?? "",
      password: "",
    },
  });
  const { errors } = form.formState;
  const refuse = (failure: Failure) => {
    const name = names.find((one) => one === failure.error.field);
    if (!name) return false;
    form.setError(name, { message: errorText(t, failure.error), type: "server" }, { shouldFocus: true });
    return true;
  };
  const { save, pending, failure, link, name } = useSave(user, refuse, onClose);
  if (link) return <LinkDialog name={name} link={link} onClose={onClose} />;
  const words = (of: keyof Values) =>
    errors[of]?.type === "server" ? errors[of].message : fieldText(t, errors[of]?.message);
  const submit = form.handleSubmit((values) =>
    save({ ...values, email: values.email || null, password: byPassword ? values.password : null }),
  );
  const group = user ? "edit" : "create";
  return (
    <Dialog
      open
      onOpenChange={(open) => (open ? undefined : onClose())}
      title={t(`admin.users.${group}Title`, { name: user?.name ?? "" })}
      footer={
        <>
          <Button onClick={onClose}>{t("common.cancel")}</Button>
          <Button tone="primary" disabled={pending} onClick={submit}>
            {t(`admin.users.${group}Verb`)}
          </Button>
        </>
      }
    >
      <form noValidate className="flex flex-col gap-4" onSubmit={submit}>
        {failure ? <FailureNotice failure={failure} /> : null}
        <Field label={t("admin.users.name")} help={t("admin.users.nameHelp")} error={words("name")}>
          {(control) => (
            <Input {...control} {...form.register("name")} autoComplete="off" spellCheck={false} />
          )}
        </Field>
        <Field label={t("admin.users.email")} optional={t("common.optional")} error={words("email")}>
          {(control) => (
            <Input
              {...control}
              {...form.register("email")}
              type="email"
              autoComplete="off"
              spellCheck={false}
            />
          )}
        </Field>
        <Field
          label={t("admin.users.description")}
          optional={t("common.optional")}
          error={words("description")}
        >
          {(control) => (
            <Input {...control} {...form.register("description")} maxLength={255} autoComplete="off" />
          )}
        </Field>
        {user ? null : (
          <div className="flex flex-col gap-1.5">
            <span className="text-table font-medium">{t("admin.users.first")}</span>
            <Segments
              label={t("admin.users.first")}
              value={first}
              onChange={(value) => setFirst(value === "password" ? "password" : "link")}
              options={[
                { value: "link", label: t("admin.users.byLink") },
                { value: "password", label: t("admin.users.byPassword") },
              ]}
            />
            {byPassword ? null : <p className="text-label text-muted">{t("admin.users.byLinkHelp")}</p>}
          </div>
        )}
        {byPassword ? (
          <Field
            label={t("admin.users.password")}
            help={t("admin.users.passwordHelp")}
            error={words("password")}
          >
            {(control) => (
              <PasswordInput {...control} {...form.register("password")} autoComplete="new-password" />
            )}
          </Field>
        ) : null}
        <button type="submit" hidden aria-hidden tabIndex={-1} />
      </form>
    </Dialog>
  );
}

type Fields = { name: string; email: string | null; description: string; password: string | null };

function useSave(user: UserDialogProps["user"], refuse: (failure: Failure) => boolean, onClose: () => void) {
  const t = useTranslations("admin.users");
  const trpc = useTRPC();
  const queries = useQueryClient();
  const [id, setId] = useState(uuidV7);
  const [failure, setFailure] = useState<Failure | null>(null);
  const [link, setLink] = useState<PasswordLink | null>(null);
  const onError = (thrown: unknown) => {
    const refused = failureOf(thrown);
    // What was refused under this id was changed since: it is another request.
    if (refused.error.reason === "idInUse") setId(uuidV7());
    if (!refuse(refused)) setFailure(refused);
  };
  const onSettled = () => void queries.invalidateQueries({ queryKey: trpc.admin.user.pathKey() });
  const create = useMutation(
    trpc.admin.user.create.mutationOptions({
      onError,
      onSettled,
      onSuccess: (answer, { name }) => {
        if (answer.link) return setLink(answer.link);
        toast.success(t("created", { name }));
        onClose();
      },
    }),
  );
  const update = useMutation(
    trpc.admin.user.update.mutationOptions({
      onError,
      onSettled,
      onSuccess: () => {
        toast.success(t("saved"));
        onClose();
      },
    }),
  );
  const save = ({ password: first, ...rest }: Fields) => {
    setFailure(null);
    if (user) update.mutate({ id: user.id, ...rest });
    else create.mutate({ id, ...rest, password: first });
  };
  const name = create.variables?.name ?? "";
  return { save, pending: create.isPending || update.isPending, failure, link, name };
}
