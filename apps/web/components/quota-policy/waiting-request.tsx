"use client";

import { reasonLimit } from "@madang/core/quota/request";
import { type Limits, namedResources } from "@madang/core/quota/resource";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useTranslations } from "next-intl";
import { useState } from "react";
import { toast } from "sonner";
import { amountText } from "../../lib/amount.ts";
import type { Translate } from "../../lib/error-text.ts";
import { type Failure, failureOf } from "../../lib/failure.ts";
import { namedWords } from "../../lib/resource-words.ts";
import type { ManagedRequestRow } from "../../lib/rows.ts";
import { useTRPC } from "../../lib/trpc.ts";
import { useFailureToast } from "../../lib/use-failure-toast.ts";
import { usePermission } from "../../lib/use-permission.ts";
import { draftsOf, type LimitDrafts, limitsOf } from "../quota/limit-draft.ts";
import { LimitField } from "../quota/limit-field.tsx";
import { Button } from "../ui/button.tsx";
import { FailureNotice } from "../ui/failure-notice.tsx";
import { Field } from "../ui/field.tsx";
import { Input, TextArea } from "../ui/input.tsx";
import { AmendedNotice } from "./amended-notice.tsx";
import { RequestHead } from "./request-head.tsx";

/** The end of a day as the reader counts it; null: for good. */
function endOf(day: string): Date | null {
  return day === "" ? null : new Date(`${day}T23:59:59`);
}

type WaitingRequestProps = {
  request: ManagedRequestRow;
  /** The request as it was looked at, and what was typed for an answer. */
  onReject: (looked: ManagedRequestRow, words: string) => void;
};

/**
 * A request with the numbers to decide by, and the decision in place: prefilled with what was asked. Amended meanwhile, it
 * stays what was looked at until somebody takes over what it asks for now.
 */
export function WaitingRequest({ request, onReject }: WaitingRequestProps) {
  const t: Translate = useTranslations();
  const allowed = usePermission("quota:manage", null);
  const [looked, setLooked] = useState(request);
  const [drafts, setDrafts] = useState(() => draftsOf(request.asked));
  const amended = looked.generation !== request.generation;
  const [day, setDay] = useState("");
  const [answer, setAnswer] = useState("");
  const { approve, pending, failure, setFailure } = useApprove(looked);
  const limits = limitsOf(drafts);
  const wrong = blockedWords(t, limits, endOf(day));
  const unread = amended ? t("admin.requests.amendedBlocks") : null;
  const blocked = allowed ? (unread ?? wrong) : t("reasons.notPermitted");
  const project = request.projectName;
  const adopt = () => {
    setLooked(request);
    setDrafts(draftsOf(request.asked));
    setFailure(null);
  };
  return (
    <li>
      <form
        noValidate
        aria-label={t("admin.requests.asks", { user: request.userName, project })}
        className="flex flex-col gap-4 rounded-surface border bg-surface p-4"
        onSubmit={(event) => {
          event.preventDefault();
          if (limits && !blocked) approve(limits, endOf(day), answer);
        }}
      >
        {amended ? <AmendedNotice request={request} looked={looked} onAdopt={adopt} /> : null}
        <RequestHead request={looked} />
        <Numbers
          asked={looked.asked}
          counts={request.counts}
          typeNames={request.typeNames}
          drafts={drafts}
          disabled={!allowed}
          onChange={setDrafts}
        />
        <div className="grid gap-4 sm:grid-cols-[12rem_1fr]">
          <Field label={t("admin.requests.until")} help={t("admin.requests.untilHelp")}>
            {(control) => (
              <Input {...control} type="date" value={day} onChange={(event) => setDay(event.target.value)} />
            )}
          </Field>
          <Field label={t("admin.requests.answer")} optional={t("common.optional")}>
            {(control) => (
              <TextArea
                {...control}
                className="min-h-16"
                value={answer}
                maxLength={reasonLimit}
                onChange={(event) => setAnswer(event.target.value)}
              />
            )}
          </Field>
        </div>
        {failure ? <FailureNotice failure={failure} /> : null}
        <div className="flex flex-wrap justify-end gap-2">
          <Button
            blocked={allowed ? null : t("reasons.notPermitted")}
            aria-label={t("admin.requests.rejectOf", { project })}
            onClick={() => onReject(looked, answer)}
          >
            {t("admin.requests.reject")}
          </Button>
          <Button
            type="submit"
            tone="primary"
            blocked={blocked}
            disabled={pending}
            aria-label={t("admin.requests.approveOf", { project })}
          >
            {t("admin.requests.approve")}
          </Button>
        </div>
      </form>
    </li>
  );
}

function blockedWords(t: Translate, limits: Limits | null, end: Date | null): string | null {
  if (!limits) return t("admin.limits.invalid");
  if (Object.keys(limits).length === 0) return t("admin.requests.nothingGranted");
  return end && end.getTime() < Date.now() ? t("admin.requests.past") : null;
}

type NumbersProps = Pick<ManagedRequestRow, "asked" | "counts" | "typeNames"> & {
  drafts: LimitDrafts;
  disabled: boolean;
  onChange: (drafts: LimitDrafts) => void;
};

/** Limit now, in use, asked, and what is granted. */
function Numbers({ asked, counts, typeNames, drafts, disabled, onChange }: NumbersProps) {
  const t: Translate = useTranslations();
  const wanted = namedResources(asked);
  return (
    <ul className="flex flex-col divide-y rounded-control border">
      {wanted.map((resource) => {
        const count = counts.find((one) => one.resource === resource);
        const name = namedWords(t, resource, typeNames);
        const amount = (value: number) => amountText(t, resource, value);
        return (
          <li key={resource} className="grid gap-x-6 gap-y-2 px-3 py-2.5 sm:grid-cols-[1fr_max-content]">
            <div className="flex flex-col gap-0.5">
              <span className="text-table font-medium">{name}</span>
              <dl className="flex flex-wrap gap-x-4 text-label tabular-nums [&_dt]:inline [&_dt]:text-muted [&_dd]:inline">
                <div>
                  <dt>{t("admin.requests.now")}</dt> <dd>{count ? amount(count.limit) : "–"}</dd>
                </div>
                <div>
                  <dt>{t("admin.requests.inUse")}</dt> <dd>{count ? amount(count.inUse) : "–"}</dd>
                </div>
                <div className="font-medium">
                  <dt>{t("admin.requests.asked")}</dt> <dd>{amount(asked[resource] ?? 0)}</dd>
                </div>
              </dl>
            </div>
            <LimitField
              resource={resource}
              label={t("admin.requests.grantOf", { resource: name })}
              draft={drafts[resource] ?? ""}
              otherwise={null}
              disabled={disabled}
              note={drafts[resource] ? undefined : t("admin.requests.leaveOut")}
              onChange={(draft) => onChange({ ...drafts, [resource]: draft })}
            />
          </li>
        );
      })}
    </ul>
  );
}

function useApprove({ id, generation, projectName }: ManagedRequestRow) {
  const t = useTranslations("admin.requests");
  const trpc = useTRPC();
  const queries = useQueryClient();
  const fail = useFailureToast();
  const [failure, setFailure] = useState<Failure | null>(null);
  const change = useMutation(
    trpc.admin.quotaRequest.approve.mutationOptions({
      onSuccess: () => toast.success(t("approvedToast", { project: projectName })),
      onError: (thrown) => {
        const said = failureOf(thrown);
        setFailure(said);
        // A card that somebody else decided goes, so what happened is told beside it.
        if (said.error.code === "Conflict") fail(thrown);
      },
      onSettled: () => queries.invalidateQueries({ queryKey: trpc.admin.pathKey() }),
    }),
  );
  const approve = (limits: Limits, expiresAt: Date | null, answer: string) => {
    setFailure(null);
    change.mutate({ id, generation, limits, expiresAt, answer });
  };
  return { approve, pending: change.isPending, failure, setFailure };
}
