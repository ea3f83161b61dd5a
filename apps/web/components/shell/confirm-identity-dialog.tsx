"use client";

import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useTranslations } from "next-intl";
import { useEffect, useId, useState } from "react";
import { answerConfirmation, useConfirmationAsked } from "../../lib/confirmation.ts";
import { errorText, type Translate } from "../../lib/error-text.ts";
import { type Failure, failureOf } from "../../lib/failure.ts";
import { useTRPC } from "../../lib/trpc.ts";
import { useMe } from "../../lib/use-me.ts";
import { CodeInput } from "../account/code-input.tsx";
import { Button } from "../ui/button.tsx";
import { Dialog } from "../ui/dialog.tsx";
import { FailureNotice } from "../ui/failure-notice.tsx";
import { Field } from "../ui/field.tsx";
import { PasswordInput } from "../ui/input.tsx";

/** Asks for the password, or the code, before something sensitive goes on; what was begun waits below. */
export function ConfirmIdentityDialog() {
  const asked = useConfirmationAsked();
  // Nobody is left to answer.
  useEffect(() => () => answerConfirmation(false), []);
  return asked ? <ConfirmIdentity /> : null;
}

function ConfirmIdentity() {
  const t: Translate = useTranslations();
  const trpc = useTRPC();
  const queries = useQueryClient();
  const me = useMe();
  const formId = useId();
  const [typed, setTyped] = useState("");
  const [failure, setFailure] = useState<Failure | null>(null);
  const wanted = me.secondFactor.on ? "code" : "password";
  const confirm = useMutation(
    trpc.account.confirm.mutationOptions({
      onSuccess: () => answerConfirmation(true),
      onError: (thrown) => {
        setTyped("");
        setFailure(failureOf(thrown));
        // It was turned on or off at another browser.
        void queries.invalidateQueries({ queryKey: trpc.account.me.queryKey() });
      },
    }),
  );
  const wrong = failure?.error.field ? errorText(t, failure.error) : undefined;
  const field = { value: typed, onChange: setTyped, required: true };
  return (
    <Dialog
      open
      above
      onOpenChange={(open) => (open ? undefined : answerConfirmation(false))}
      title={t("confirmIdentity.title")}
      about={t(wanted === "code" ? "confirmIdentity.aboutCode" : "confirmIdentity.aboutPassword")}
      footer={
        <>
          <Button onClick={() => answerConfirmation(false)}>{t("common.cancel")}</Button>
          <Button type="submit" form={formId} tone="primary" disabled={confirm.isPending}>
            {t("confirmIdentity.confirm")}
          </Button>
        </>
      }
    >
      <form
        id={formId}
        method="post"
        className="flex flex-col gap-4"
        onSubmit={(event) => {
          event.preventDefault();
          setFailure(null);
          if (typed !== "") confirm.mutate(wanted === "code" ? { code: typed } : { password: typed });
        }}
      >
        {failure && !wrong ? <FailureNotice failure={failure} /> : null}
        <input type="text" name="username" autoComplete="username" value={me.user.name} readOnly hidden />
        {wanted === "code" ? (
          <Field label={t("signIn.code")} help={t("signIn.codeHelp")} error={wrong}>
            {(control) => <CodeInput {...control} {...field} />}
          </Field>
        ) : (
          <Field label={t("signIn.password")} error={wrong}>
            {(control) => (
              <PasswordInput
                {...control}
                required
                name="password"
                autoComplete="current-password"
                value={typed}
                onChange={(event) => setTyped(event.target.value)}
              />
            )}
          </Field>
        )}
      </form>
    </Dialog>
  );
}
