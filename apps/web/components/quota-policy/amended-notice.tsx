"use client";

import { useTranslations } from "next-intl";
import type { Translate } from "../../lib/error-text.ts";
import type { ManagedRequestRow } from "../../lib/rows.ts";
import { limitsWords } from "../quota/quota-words.ts";
import { Button } from "../ui/button.tsx";
import { Notice } from "../ui/notice.tsx";

type AmendedNoticeProps = { request: ManagedRequestRow; looked: ManagedRequestRow; onAdopt: () => void };

/** What a request asks for since it was looked at: nobody approves what he has not read. */
export function AmendedNotice({ request, looked, onAdopt }: AmendedNoticeProps) {
  const t: Translate = useTranslations();
  return (
    <Notice
      tone="warning"
      live
      title={t("admin.requests.amended", { asked: limitsWords(t, request.asked, request.typeNames) })}
      actions={
        <Button size="small" onClick={onAdopt}>
          {t("admin.requests.adopt")}
        </Button>
      }
    >
      {request.reason === looked.reason ? null : (
        <p className="break-words whitespace-pre-wrap">{request.reason}</p>
      )}
    </Notice>
  );
}
