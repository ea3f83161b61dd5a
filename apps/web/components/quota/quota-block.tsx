"use client";

import { shortfall } from "@madang/core/quota/request";
import { type QuotaLine, quotaExcesses, type Usage } from "@madang/core/quota/resource";
import { useTranslations } from "next-intl";
import { useEffect, useState } from "react";
import { quotaText, type Translate } from "../../lib/error-text.ts";
import type { QuotaRequestRow } from "../../lib/rows.ts";
import { usePermission } from "../../lib/use-permission.ts";
import { Button } from "../ui/button.tsx";
import { Notice } from "../ui/notice.tsx";
import { limitsWords } from "./quota-words.ts";
import { RequestDialog } from "./request-dialog.tsx";
import { useRecentRequests, useWithdraw } from "./use-quota-requests.ts";

type QuotaBlockProps = { projectId: string; lines: readonly QuotaLine[]; wanted: Usage };

/** What stands in a form's way, in numbers; the way to ask for more, and what became of it. Nothing where all is well. */
export function QuotaBlock({ projectId, lines, wanted }: QuotaBlockProps) {
  const t: Translate = useTranslations();
  const excesses = quotaExcesses(lines, wanted);
  const [asking, setAsking] = useState<"new" | QuotaRequestRow | null>(null);
  const mayAsk = usePermission("quota:request", projectId);
  const { waiting, told } = useOwnRequest(projectId, excesses);
  const blocked = excesses.length > 0;
  const amended = asking === "new" ? null : asking;
  const live = amended && waiting?.id === amended.id ? waiting : amended;
  return (
    <>
      <div role="status" className="flex flex-col gap-2 empty:hidden">
        {blocked ? (
          <Notice
            tone="warning"
            title={t("quota.blocked.title")}
            actions={
              waiting ? null : (
                <Button
                  size="small"
                  blocked={mayAsk ? null : t("reasons.notPermitted")}
                  onClick={() => setAsking("new")}
                >
                  {t("quota.blocked.ask")}
                </Button>
              )
            }
          >
            {excesses.map((excess) => (
              <p key={excess.resource}>{quotaText(t, excess)}</p>
            ))}
          </Notice>
        ) : null}
        {waiting ? <Waiting request={waiting} mayAsk={mayAsk} onAmend={() => setAsking(waiting)} /> : null}
        {told ? <Decision request={told} blocked={blocked} /> : null}
      </div>
      {asking ? (
        <RequestDialog
          projectId={projectId}
          lines={lines}
          prefill={shortfall(lines, wanted)}
          amended={live}
          onClose={() => setAsking(null)}
        />
      ) : null}
    </>
  );
}

/** The request that waits for what is short, and the one that was answered: while the form was open, or the last one. */
function useOwnRequest(projectId: string, excesses: readonly { resource: string }[]) {
  const requests = useRecentRequests(projectId);
  const concerns = ({ asked }: QuotaRequestRow) =>
    excesses.some(({ resource }) => Object.hasOwn(asked, resource));
  const last = requests.find(concerns) ?? null;
  const waiting = last?.state === "pending" ? last : null;
  const [seen, setSeen] = useState<string | null>(null);
  const waitingId = waiting?.id ?? null;
  useEffect(() => {
    if (waitingId) setSeen(waitingId);
  }, [waitingId]);
  const awaited = requests.find(({ id, state }) => id === seen && state !== "pending") ?? null;
  const refused = last?.state === "rejected" ? last : null;
  return { waiting, told: waiting ? null : (awaited ?? refused) };
}

type WaitingProps = { request: QuotaRequestRow; mayAsk: boolean; onAmend: () => void };

function Waiting({ request, mayAsk, onAmend }: WaitingProps) {
  const t: Translate = useTranslations();
  const withdraw = useWithdraw();
  const { id, projectId, generation } = request;
  const barred = mayAsk ? null : t("reasons.notPermitted");
  return (
    <Notice
      title={t("quota.blocked.waits")}
      actions={
        <>
          <Button size="small" blocked={barred} onClick={onAmend}>
            {t("quota.amend")}
          </Button>
          <Button
            size="small"
            blocked={barred}
            disabled={withdraw.isPending}
            onClick={() => withdraw.mutate({ id, projectId, generation })}
          >
            {t("quota.withdraw")}
          </Button>
        </>
      }
    >
      {t("quota.blocked.waitsFor", {
        name: request.userName,
        asked: limitsWords(t, request.asked, request.typeNames),
      })}
    </Notice>
  );
}

function Decision({ request, blocked }: { request: QuotaRequestRow; blocked: boolean }) {
  const t: Translate = useTranslations();
  const { state, granted, answer } = request;
  if (state === "withdrawn" || state === "pending") return null;
  const approved = state === "approved";
  const stillShort = approved && blocked;
  const key = stillShort ? "partly" : state;
  return (
    <Notice tone={approved ? "info" : "warning"} title={t(`quota.blocked.${key}`)}>
      {granted ? <p>{t("quota.granted", { granted: limitsWords(t, granted, request.typeNames) })}</p> : null}
      {answer ? <p className="whitespace-pre-line">{t("quota.answer", { answer })}</p> : null}
    </Notice>
  );
}
