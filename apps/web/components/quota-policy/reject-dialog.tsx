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
import { Button } from "../ui/button.tsx";
import { Dialog } from "../ui/dialog.tsx";
import { FailureNotice } from "../ui/failure-notice.tsx";
import { Field } from "../ui/field.tsx";
import { TextArea } from "../ui/input.tsx";
import { AmendedNotice } from "./amended-notice.tsx";

type RejectDialogProps = {
  /** As it was looked at. */
  looked: ManagedRequestRow;
  /** As it is; undefined: somebody else decided it. */
  current: ManagedRequestRow | undefined;
  /** What was typed for an approval. */
  words: string;
  onClose: () => void;
};

/** A rejection says why. */
export function RejectDialog({ looked, current, words, onClose }: RejectDialogProps) {
  const t: Translate = useTranslations();
  const trpc = useTRPC();
  const queries = useQueryClient();
  const [answer, setAnswer] = useState(words);
  const [fault, setFault] = useState<string>();
  const [failure, setFailure] = useState<Failure | null>(null);
  const [request, setRequest] = useState(looked);
  const project = request.projectName;
  const amended = current && current.generation !== request.generation ? current : null;
  const reject = useMutation(
    trpc.admin.quotaRequest.reject.mutationOptions({
      onMutate: () => setFailure(null),
      onSuccess: () => {
        toast.success(t("admin.requests.rejectedToast", { project }));
        onClose();
      },
      onError: (thrown) => setFailure(failureOf(thrown)),
      onSettled: () => queries.invalidateQueries({ queryKey: trpc.admin.pathKey() }),
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
          <Button
            tone="danger"
            blocked={amended ? t("admin.requests.amendedBlocks") : null}
            disabled={reject.isPending}
            onClick={submit}
          >
            {t("admin.requests.reject")}
          </Button>
        </>
      }
    >
      <div className="flex flex-col gap-4">
        {amended ? (
          <AmendedNotice
            request={amended}
            looked={request}
            onAdopt={() => {
              setRequest(amended);
              setFailure(null);
            }}
          />
        ) : null}
        {failure && !amended ? <FailureNotice failure={failure} /> : null}
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
      </div>
    </Dialog>
  );
}
