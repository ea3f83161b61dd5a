"use client";

import { zodResolver } from "@hookform/resolvers/zod";
import { password } from "@madang/core/instance/launch";
import { useMutation } from "@tanstack/react-query";
import { useTranslations } from "next-intl";
import { useState } from "react";
import { useForm } from "react-hook-form";
import { z } from "zod";
import { errorText, fieldText, type Translate } from "../../lib/error-text.ts";
import { type Failure, failureOf } from "../../lib/failure.ts";
import { useTRPC } from "../../lib/trpc.ts";
import { Button } from "../ui/button.tsx";
import { FailureNotice } from "../ui/failure-notice.tsx";
import { Field } from "../ui/field.tsx";
import { PasswordInput } from "../ui/input.tsx";

const schema = z
  .object({ next: password, again: z.string() })
  .refine(({ next, again }) => next === again, { error: "passwordsDiffer", path: ["again"] });
type Values = z.infer<typeof schema>;

type ResetPasswordFormProps = { token: string; name: string; onDone: () => void };

export function ResetPasswordForm({ token, name, onDone }: ResetPasswordFormProps) {
  const t: Translate = useTranslations();
  const trpc = useTRPC();
  const [failure, setFailure] = useState<Failure | null>(null);
  const form = useForm<Values>({ resolver: zodResolver(schema), defaultValues: { next: "", again: "" } });
  const { errors } = form.formState;
  const redeem = useMutation(
    trpc.account.passwordReset.redeem.mutationOptions({
      onSuccess: onDone,
      onError: (thrown) => {
        const refused = failureOf(thrown);
        if (refused.error.field !== "password") return setFailure(refused);
        const message = errorText(t, refused.error);
        form.setError("next", { message, type: "server" }, { shouldFocus: true });
      },
    }),
  );
  const words = (field: keyof Values) =>
    errors[field]?.type === "server" ? errors[field].message : fieldText(t, errors[field]?.message);
  return (
    <form
      noValidate
      method="post"
      className="flex flex-col gap-4"
      onSubmit={form.handleSubmit(({ next }) => {
        setFailure(null);
        redeem.mutate({ token, password: next });
      })}
    >
      {failure ? <FailureNotice failure={failure} /> : null}
      <input type="text" name="username" autoComplete="username" value={name} readOnly hidden />
      <Field label={t("account.next")} help={t("account.nextHelp")} error={words("next")}>
        {(control) => <PasswordInput {...control} {...form.register("next")} autoComplete="new-password" />}
      </Field>
      <Field label={t("account.again")} error={words("again")}>
        {(control) => <PasswordInput {...control} {...form.register("again")} autoComplete="new-password" />}
      </Field>
      <Button type="submit" tone="primary" disabled={redeem.isPending} className="mt-1 h-9">
        {t("resetPassword.set")}
      </Button>
    </form>
  );
}
