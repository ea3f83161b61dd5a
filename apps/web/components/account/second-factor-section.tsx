"use client";

import { useMutation, useQueryClient } from "@tanstack/react-query";
import { ShieldCheck, ShieldOff } from "lucide-react";
import { useTranslations } from "next-intl";
import { useState } from "react";
import { useTRPC } from "../../lib/trpc.ts";
import { useFailureToast } from "../../lib/use-failure-toast.ts";
import { useMe } from "../../lib/use-me.ts";
import { Button } from "../ui/button.tsx";
import { ConfirmDialog } from "../ui/confirm-dialog.tsx";
import { Notice } from "../ui/notice.tsx";
import { Section } from "../ui/section.tsx";
import { RecoveryCodesDialog } from "./recovery-codes-dialog.tsx";
import { TotpDialog } from "./totp-dialog.tsx";

type Step =
  | { kind: "begun"; secret: string; uri: string }
  | { kind: "codes"; codes: string[] }
  | { kind: "renewing" }
  | { kind: "turningOff" };

const fewCodes = 3;

export function SecondFactorSection() {
  const t = useTranslations("account");
  const { on, recoveryCodesLeft } = useMe().secondFactor;
  const [step, setStep] = useState<Step | null>(null);
  const { begin, renew, disable, refresh } = useSecondFactor(setStep);
  const close = () => setStep(null);
  const pending = begin.isPending || renew.isPending || disable.isPending;
  return (
    <Section title={t("secondFactor")} about={t("secondFactorAbout")}>
      <p className="flex items-center gap-2 text-body">
        {on ? (
          <ShieldCheck aria-hidden className="size-4 text-running" />
        ) : (
          <ShieldOff aria-hidden className="size-4 text-muted" />
        )}
        {on ? t("totpOn", { count: recoveryCodesLeft }) : t("totpOff")}
      </p>
      {on && recoveryCodesLeft <= fewCodes ? <Notice tone="warning">{t("fewCodes")}</Notice> : null}
      <div className="flex flex-wrap gap-2">
        {on ? (
          <>
            <Button disabled={pending} onClick={() => setStep({ kind: "renewing" })}>
              {t("newCodes")}
            </Button>
            <Button tone="dangerQuiet" disabled={pending} onClick={() => setStep({ kind: "turningOff" })}>
              {t("turnOff")}
            </Button>
          </>
        ) : (
          <Button disabled={pending} onClick={() => begin.mutate()}>
            {t("turnOn")}
          </Button>
        )}
      </div>
      {step?.kind === "begun" ? (
        <TotpDialog
          begun={step}
          onClose={close}
          onActivated={(codes) => {
            setStep({ kind: "codes", codes });
            refresh();
          }}
        />
      ) : null}
      {step?.kind === "codes" ? <RecoveryCodesDialog codes={step.codes} onClose={close} /> : null}
      <ConfirmDialog
        open={step?.kind === "renewing"}
        onClose={close}
        title={t("newCodesTitle")}
        about={t("newCodesAbout")}
        verb={t("newCodes")}
        pending={pending}
        onConfirm={() => renew.mutate()}
      />
      <ConfirmDialog
        open={step?.kind === "turningOff"}
        onClose={close}
        title={t("turnOffTitle")}
        about={t("turnOffAbout")}
        verb={t("turnOff")}
        danger
        pending={pending}
        onConfirm={() => disable.mutate()}
      />
    </Section>
  );
}

function useSecondFactor(setStep: (step: Step | null) => void) {
  const trpc = useTRPC();
  const queries = useQueryClient();
  const onError = useFailureToast();
  const refresh = () => void queries.invalidateQueries({ queryKey: trpc.account.me.queryKey() });
  const begin = useMutation(
    trpc.account.totp.begin.mutationOptions({
      onSuccess: (begun) => setStep({ kind: "begun", ...begun }),
      onError,
      onSettled: refresh,
    }),
  );
  const renew = useMutation(
    trpc.account.totp.recoveryCodes.mutationOptions({
      onSuccess: (codes) => setStep({ kind: "codes", codes }),
      onError,
      onSettled: refresh,
    }),
  );
  const disable = useMutation(
    trpc.account.totp.disable.mutationOptions({
      onSuccess: () => setStep(null),
      onError,
      onSettled: refresh,
    }),
  );
  return { begin, renew, disable, refresh };
}
