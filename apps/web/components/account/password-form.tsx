"use client";

import { zodResolver } from "@hookform/resolvers/zod";
import { password } from "@madang/core/instance/launch";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useTranslations } from "next-intl";
import { useState } from "react";
import { useForm } from "react-hook-form";
import { toast } from "sonner";
import { z } from "zod";
import { errorText, fieldText, type Translate } from "../../lib/error-text.ts";
import { type Failure, failureOf } from "../../lib/failure.ts";
import { useTRPC } from "../../lib/trpc.ts";
import { useMe } from "../../lib/use-me.ts";
import { Button } from "../ui/button.tsx";
import { FailureNotice } from "../ui/failure-notice.tsx";
import { Field } from "../ui/field.tsx";
import { PasswordInput } from "../ui/input.tsx";

const schema = z
  .object({ current: z.string().min(1, { error: "currentRequired" }), next: password, again: z.string() })
  .refine(({ next, again }) => next === again, { error: "passwordsDiffer", path: ["again"] });
type Values = z.infer<typeof schema>;

export function PasswordForm() {
  const t: Translate = useTranslations();
  const trpc = useTRPC();
  const queries = useQueryClient();
  const me = useMe();
  const [failure, setFailure] = useState<Failure | null>(null);
  const form = useForm<Values>({
    resolver: zodResolver(schema),
    defaultValues: { current: "", next: "", again: "" },
  });
  const { errors } = form.formState;
  const change = useMutation(
    trpc.account.changePassword.mutationOptions({
      onSuccess: async () => {
        form.reset();
        toast.success(t("account.changed"));
        await queries.invalidateQueries({ queryKey: trpc.account.me.queryKey() });
      },
      onError: (thrown) => {
        const refused = failureOf(thrown);
        const field = refused.error.field;
        if (field !== "current" && field !== "next") return setFailure(refused);
        form.setError(field, { message: errorText(t, refused.error), type: "server" }, { shouldFocus: true });
      },
    }),
  );
  const words = (name: keyof Values) =>
    errors[name]?.type === "server" ? errors[name].message : fieldText(t, errors[name]?.message);
  return (
    <form
      noValidate
      className="flex flex-col gap-4"
      onSubmit={form.handleSubmit(({ current, next }) => {
        setFailure(null);
        change.mutate({ current, next });
      })}
    >
      {failure ? <FailureNotice failure={failure} /> : null}
      <input type="text" name="username" autoComplete="username" value={me.user.name} readOnly hidden />
      <Field label={t("account.current")} error={words("current")}>
        {(control) => (
          <PasswordInput {...control} {...form.register("current")} autoComplete="current-password" />
        )}
      </Field>
      <Field label={t("account.next")} help={t("account.nextHelp")} error={words("next")}>
        {(control) => <PasswordInput {...control} {...form.register("next")} autoComplete="new-password" />}
      </Field>
      <Field label={t("account.again")} error={words("again")}>
        {(control) => <PasswordInput {...control} {...form.register("again")} autoComplete="new-password" />}
      </Field>
      <div>
        <Button type="submit" tone="primary" disabled={change.isPending}>
          {t("account.change")}
        </Button>
      </div>
    </form>
  );
}
