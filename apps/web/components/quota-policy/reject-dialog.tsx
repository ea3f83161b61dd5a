"use client";

import { reasonLimit, requestReason } from "@madang/core/quota/request";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useTranslations } from "next-intl";
import { useState } from "react";
import { toast } from "sonner";
import { fieldText, type Translate } from "../../lib/error-text.ts";
import { type Failure, failureOf } from "../../lib/failure.ts";
import type { ManagedRequestRow } from "../../lib/rows.ts";
import { useTRPC } from "../../lib/trpc.ts";
import { useFailureToast } from "../../lib/use-failure-toast.ts";
import { Button } from "../ui/button.tsx";
import { Dialog } from "../ui/dialog.tsx";
import { Field } from "../ui/field.tsx";
import { TextArea } from "../ui/input.tsx";

type RejectDialogProps = {
  request: ManagedRequestRow;
  /** What was typed for an approval. */
  words: string;
  onFailure: (failure: Failure) => void;
  onClose: () => void;
};

/** A rejection says why. */
export function RejectDialog({ request, words, onFailure, onClose }: RejectDialogProps) {
  const t: Translate = useTranslations();
  const trpc = useTRPC();
  const queries = useQueryClient();
  const fail = useFailureToast();
  const [answer, setAnswer] = useState(words);
  const [fault, setFault] = useState<string>();
  const project = request.projectName;
  const reject = useMutation(
    trpc.admin.quotaRequest.reject.mutationOptions({
      onSuccess: () => toast.success(t("admin.requests.rejectedToast", { project })),
      onError: (thrown) => {
        onFailure(failureOf(thrown));
        fail(thrown);
      },
      onSettled: () => {
        onClose();
        void queries.invalidateQueries({ queryKey: trpc.admin.pathKey() });
      },
    }),
  );
  const submit = () => {
    const said = requestReason.safeParse(answer);
    setFault(said.success ? undefined : said.error.issues[0]?.message);
    if (said.success) reject.mutate({ id: request.id, generation: request.generation, answer: said.data });
  };
  return (
    <Dialog
      open
      onOpenChange={(open) => (open ? undefined : onClose())}
      title={t("admin.requests.rejectTitle", { project })}
      about={t("admin.requests.rejectAbout")}
      footer={
        <>
          <Button onClick={onClose}>{t("common.cancel")}</Button>
          <Button tone="danger" disabled={reject.isPending} onClick={submit}>
            {t("admin.requests.reject")}
          </Button>
        </>
      }
    >
      <Field label={t("admin.requests.answer")} error={fieldText(t, fault)}>
        {(control) => (
          <TextArea
            {...control}
            value={answer}
            maxLength={reasonLimit}
            onChange={(event) => setAnswer(event.target.value)}
          />
        )}
      </Field>
    </Dialog>
  );
}
