"use client";

import { useMutation } from "@tanstack/react-query";
import { useTranslations } from "next-intl";
import { useId, useState } from "react";
import { errorText, type Translate } from "../../lib/error-text.ts";
import { type Failure, failureOf } from "../../lib/failure.ts";
import { useTRPC } from "../../lib/trpc.ts";
import { Button } from "../ui/button.tsx";
import { CopyButton } from "../ui/copyable.tsx";
import { Dialog } from "../ui/dialog.tsx";
import { FailureNotice } from "../ui/failure-notice.tsx";
import { Field } from "../ui/field.tsx";
import { focusFirst } from "../ui/focus-first.ts";
import { CodeInput } from "./code-input.tsx";
import { QrCode } from "./qr-code.tsx";

type TotpDialogProps = {
  begun: { secret: string; uri: string };
  onClose: () => void;
  onActivated: (recoveryCodes: string[]) => void;
};

/** The secret as picture and as text; it counts only once a code made from it was typed. */
export function TotpDialog({ begun, onClose, onActivated }: TotpDialogProps) {
  const t: Translate = useTranslations();
  const trpc = useTRPC();
  const formId = useId();
  const [code, setCode] = useState("");
  const [failure, setFailure] = useState<Failure | null>(null);
  const activate = useMutation(
    trpc.account.totp.activate.mutationOptions({
      onSuccess: onActivated,
      onError: (thrown) => setFailure(failureOf(thrown)),
    }),
  );
  const wrong = failure?.error.field === "code" ? errorText(t, failure.error) : undefined;
  const groups = begun.secret.match(/.{1,4}/g) ?? [];
  return (
    <Dialog
      open
      onOpenChange={(open) => (open ? undefined : onClose())}
      title={t("account.totp.title")}
      about={t("account.totp.about")}
      footer={
        <>
          <Button onClick={onClose}>{t("common.cancel")}</Button>
          <Button type="submit" form={formId} tone="primary" disabled={activate.isPending}>
            {t("account.totp.turnOn")}
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
          if (code.trim() !== "") activate.mutate({ code });
        }}
      >
        {failure && !wrong ? <FailureNotice failure={failure} /> : null}
        <div className="flex flex-wrap items-center gap-4">
          <QrCode text={begun.uri} label={t("account.totp.qr")} />
          <div className="min-w-40 flex-1">
            <p className="text-label text-muted">{t("account.totp.byHand")}</p>
            <p className="mt-1 flex items-start gap-1">
              <code className="font-mono text-table break-words">{groups.join(" ")}</code>
              <CopyButton
                text={begun.secret}
                label={t("common.copyThe", { what: t("account.totp.secret") })}
              />
            </p>
          </div>
        </div>
        <Field label={t("signIn.code")} help={t("account.totp.codeHelp")} error={wrong}>
          {(control) => (
            <CodeInput
              {...control}
              ref={focusFirst}
              required
              inputMode="numeric"
              value={code}
              onChange={setCode}
            />
          )}
        </Field>
      </form>
    </Dialog>
  );
}
