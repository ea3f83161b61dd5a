"use client";

import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useTranslations } from "next-intl";
import { useState } from "react";
import { toast } from "sonner";
import { errorText, fieldText, type Translate } from "../../lib/error-text.ts";
import { type Failure, failureOf } from "../../lib/failure.ts";
import { useTRPC } from "../../lib/trpc.ts";
import { useMe } from "../../lib/use-me.ts";
import { Button } from "../ui/button.tsx";
import { FailureNotice } from "../ui/failure-notice.tsx";
import { Field } from "../ui/field.tsx";
import { Input } from "../ui/input.tsx";

export function ProfileForm() {
  const t: Translate = useTranslations();
  const trpc = useTRPC();
  const queries = useQueryClient();
  const { user } = useMe();
  const [email, setEmail] = useState(user.email ?? "");
  const [failure, setFailure] = useState<Failure | null>(null);
  const update = useMutation(
    trpc.account.update.mutationOptions({
      onSuccess: async () => {
        await queries.invalidateQueries({ queryKey: trpc.account.me.queryKey() });
        toast.success(t("account.saved"));
      },
      onError: (thrown) => setFailure(failureOf(thrown)),
    }),
  );
  const typed = email.trim() === "" ? null : email.trim();
  const wrong = failure?.error.field === "email";
  const emailError = () => {
    if (!failure || !wrong) return undefined;
    return fieldText(t, failure.error.reason) ?? errorText(t, failure.error);
  };
  return (
    <form
      noValidate
      className="flex flex-col gap-4"
      onSubmit={(event) => {
        event.preventDefault();
        setFailure(null);
        update.mutate({ email: typed });
      }}
    >
      {failure && !wrong ? <FailureNotice failure={failure} /> : null}
      <Field label={t("account.name")} help={t("account.nameHelp")}>
        {(control) => <Input {...control} value={user.name} readOnly autoComplete="username" />}
      </Field>
      <Field label={t("account.email")} optional={t("common.optional")} error={emailError()}>
        {(control) => (
          <Input
            {...control}
            type="email"
            name="email"
            autoComplete="email"
            value={email}
            onChange={(event) => setEmail(event.target.value)}
          />
        )}
      </Field>
      <div>
        <Button
          type="submit"
          disabled={update.isPending}
          blocked={typed === user.email ? t("account.unchanged") : null}
        >
          {t("account.save")}
        </Button>
      </div>
    </form>
  );
}
