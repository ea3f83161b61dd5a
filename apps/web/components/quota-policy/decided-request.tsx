"use client";

import { useFormatter, useTranslations } from "next-intl";
import type { Translate } from "../../lib/error-text.ts";
import type { ManagedRequestRow } from "../../lib/rows.ts";
import { limitsWords } from "../quota/quota-words.ts";
import { Moment } from "../timeline/moment.tsx";
import { RequestHead } from "./request-head.tsx";

/** What became of a request, by whom, and in which words. */
export function DecidedRequest({ request }: { request: ManagedRequestRow }) {
  const t: Translate = useTranslations();
  const format = useFormatter();
  const { state, granted, expiresAt, decidedBy, decidedAt, answer } = request;
  return (
    <li className="flex flex-col gap-3 rounded-surface border bg-surface p-4">
      <RequestHead request={request} />
      <dl className="grid grid-cols-[max-content_1fr] gap-x-6 gap-y-1 text-table [&_dt]:text-muted">
        <dt>{t("admin.requests.asked")}</dt>
        <dd className="tabular-nums">{limitsWords(t, request.asked, request.typeNames)}</dd>
        {granted ? (
          <>
            <dt>{t("admin.requests.granted")}</dt>
            <dd className="tabular-nums">
              {limitsWords(t, granted, request.typeNames)}
              {", "}
              {expiresAt
                ? t("admin.requests.endsOn", { date: format.dateTime(expiresAt, { dateStyle: "medium" }) })
                : t("admin.requests.forGood")}
            </dd>
          </>
        ) : null}
        <dt>{t(`admin.requests.${state}`)}</dt>
        <dd>
          {decidedBy}
          {decidedBy && decidedAt ? ", " : null}
          {decidedAt ? <Moment date={decidedAt} /> : null}
        </dd>
        {answer ? (
          <>
            <dt>{t("admin.requests.answer")}</dt>
            <dd className="break-words whitespace-pre-wrap">{answer}</dd>
          </>
        ) : null}
      </dl>
    </li>
  );
}
