"use client";

import { reasonLimit } from "@madang/core/quota/request";
import {
  isQuotaResource,
  type Limits,
  type QuotaLine,
  type QuotaResource,
} from "@madang/core/quota/resource";
import { isTypeResource } from "@madang/core/quota/type-resource";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useTranslations } from "next-intl";
import { type FormEvent, type KeyboardEvent, useId, useState } from "react";
import { amountText } from "../../lib/amount.ts";
import { fieldText, type Translate } from "../../lib/error-text.ts";
import { type Failure, failureOf } from "../../lib/failure.ts";
import { resourceWords } from "../../lib/resource-words.ts";
import type { QuotaRequestRow } from "../../lib/rows.ts";
import { useTRPC } from "../../lib/trpc.ts";
import { useMe } from "../../lib/use-me.ts";
import { uuidV7 } from "../../lib/uuid-v7.ts";
import { Button } from "../ui/button.tsx";
import { Dialog } from "../ui/dialog.tsx";
import { FailureNotice } from "../ui/failure-notice.tsx";
import { Field } from "../ui/field.tsx";
import { TextArea } from "../ui/input.tsx";
import { MeanwhileNotice } from "../ui/meanwhile-notice.tsx";
import { draftsOf } from "./limit-draft.ts";
import { LimitField } from "./limit-field.tsx";
import { limitsWords } from "./quota-words.ts";
import {
  keepReason,
  parseDraft,
  type RequestDraft,
  type RequestFaults,
  readReason,
} from "./request-draft.ts";

type RequestDialogProps = {
  projectId: string;
  lines: readonly QuotaLine[];
  /** What the form before it lacks. */
  prefill?: Limits;
  /** The request that waits and is changed, as it is now; null: a new one. */
  amended?: QuotaRequestRow | null;
  onClose: () => void;
};

/** A volume type without a limit has nothing to ask for. */
const mayGrow = ({ resource, limit }: QuotaLine) => limit >= 0 || !isTypeResource(resource);

const noFaults: RequestFaults = { asked: {} };

/** New limits and a reason; the form that it was opened from stays as it is. */
export function RequestDialog({
  projectId,
  lines,
  prefill = {},
  amended = null,
  onClose,
}: RequestDialogProps) {
  const t: Translate = useTranslations();
  const me = useMe();
  const form = useId();
  const [draft, setDraft] = useState<RequestDraft>(() => ({
    asked: draftsOf(amended?.asked ?? prefill),
    reason: amended?.reason ?? readReason(me.user.id, projectId),
  }));
  const [faults, setFaults] = useState(noFaults);
  const [looked, setLooked] = useState(amended);
  const differs = amended !== null && amended.generation !== looked?.generation;
  const saving = useSave({ projectId, userId: me.user.id, amended: looked, setFaults, onClose });
  const { save, pending, failure } = saving;
  const setReason = (reason: string) => {
    setDraft({ ...draft, reason });
    setFaults({ ...faults, reason: undefined });
    if (!amended) keepReason(me.user.id, projectId, reason);
  };
  const setAsked = (resource: QuotaResource, text: string) => {
    setDraft({ ...draft, asked: { ...draft.asked, [resource]: text } });
    setFaults({ ...faults, form: undefined, asked: { ...faults.asked, [resource]: undefined } });
  };
  const submit = (event: FormEvent) => {
    // Dialogs of a form are in the form for React, though not in the page.
    event.stopPropagation();
    event.preventDefault();
    if (!differs) save(draft);
  };
  return (
    <Dialog
      open
      wide
      onOpenChange={(open) => (open ? undefined : onClose())}
      title={t(amended ? "quota.request.amendTitle" : "quota.request.title")}
      about={t("quota.request.about")}
      footer={
        <>
          <Button onClick={onClose}>{t("common.cancel")}</Button>
          <Button
            tone="primary"
            type="submit"
            form={form}
            blocked={differs ? t("errors.changedMeanwhile") : null}
            disabled={pending}
          >
            {t(amended ? "quota.request.save" : "quota.request.send")}
          </Button>
        </>
      }
    >
      <form id={form} noValidate onSubmit={submit} className="flex flex-col gap-4">
        {differs ? (
          <MeanwhileNotice onGoOn={() => setLooked(amended)}>
            {[limitsWords(t, amended.asked, amended.typeNames), amended.reason].join("\n")}
          </MeanwhileNotice>
        ) : null}
        {failure && failure.error.reason !== "changedMeanwhile" ? <FailureNotice failure={failure} /> : null}
        <fieldset className="grid gap-x-4 gap-y-3 sm:grid-cols-2">
          <legend className="sr-only">{t("quota.request.limits")}</legend>
          {lines.filter(mayGrow).map((line) => (
            <div key={line.resource} className="flex flex-col gap-1.5">
              <span aria-hidden className="text-table font-medium">
                {resourceWords(t, line.resource, line.typeName)}
              </span>
              <LimitField
                resource={line.resource}
                label={resourceWords(t, line.resource, line.typeName)}
                draft={draft.asked[line.resource] ?? ""}
                otherwise={t("quota.request.unchanged")}
                note={nowWords(t, line)}
                refused={fieldText(t, faults.asked[line.resource])}
                onChange={(text) => setAsked(line.resource, text)}
              />
            </div>
          ))}
        </fieldset>
        {faults.form ? (
          <p role="alert" className="text-label text-danger">
            {fieldText(t, faults.form)}
          </p>
        ) : null}
        <Field
          label={t("quota.request.reason")}
          help={t("quota.request.reasonHelp")}
          error={fieldText(t, faults.reason)}
        >
          {(control) => (
            <TextArea
              {...control}
              rows={3}
              autoFocus={Object.keys(prefill).length > 0}
              maxLength={reasonLimit}
              value={draft.reason}
              onChange={(event) => setReason(event.target.value)}
              onKeyDown={sendByKey}
            />
          )}
        </Field>
      </form>
    </Dialog>
  );
}

/** Ctrl or Command with Enter sends, as a new line is what Enter alone makes. */
function sendByKey(event: KeyboardEvent<HTMLTextAreaElement>): void {
  if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey)) return;
  event.preventDefault();
  event.currentTarget.form?.requestSubmit();
}

function nowWords(t: Translate, { resource, limit, inUse }: QuotaLine): string {
  const amount = (value: number) => amountText(t, resource, value);
  return t("quota.request.now", { limit: amount(limit), used: amount(inUse) });
}

type Save = {
  projectId: string;
  userId: string;
  amended: QuotaRequestRow | null;
  setFaults: (faults: RequestFaults) => void;
  onClose: () => void;
};

function useSave({ projectId, userId, amended, setFaults, onClose }: Save) {
  const trpc = useTRPC();
  const queries = useQueryClient();
  const [id] = useState(uuidV7);
  const [failure, setFailure] = useState<Failure | null>(null);
  const onError = (thrown: unknown) => {
    const refused = failureOf(thrown);
    const { field, reason } = refused.error;
    const [, resource = ""] = /^asked\.([\w:-]+)$/.exec(field ?? "") ?? [];
    setFaults({
      asked: isQuotaResource(resource) ? { [resource]: reason } : {},
      ...(field === "reason" ? { reason } : {}),
    });
    setFailure(refused);
    void queries.invalidateQueries({ queryKey: trpc.project.quota.pathKey() });
    void queries.invalidateQueries({ queryKey: trpc.quotaRequest.pathKey() });
  };
  const onSuccess = () => {
    if (!amended) keepReason(userId, projectId, null);
    void queries.invalidateQueries({ queryKey: trpc.quotaRequest.pathKey() });
    onClose();
  };
  const create = useMutation(trpc.quotaRequest.create.mutationOptions({ onSuccess, onError }));
  const amend = useMutation(trpc.quotaRequest.amend.mutationOptions({ onSuccess, onError }));
  const save = (draft: RequestDraft) => {
    const parsed = parseDraft(draft);
    setFailure(null);
    if (!parsed.ok) return setFaults(parsed.faults);
    const { asked, reason } = parsed;
    if (!amended) return create.mutate({ id, projectId, asked, reason });
    amend.mutate({ id: amended.id, projectId, generation: amended.generation, asked, reason });
  };
  return { save, pending: create.isPending || amend.isPending, failure };
}
