"use client";

import { useTranslations } from "next-intl";
import type { ReactNode } from "react";
import { errorText, remedyText, type Translate } from "../../lib/error-text.ts";
import type { Failure } from "../../lib/failure.ts";
import { Button } from "./button.tsx";
import { CopyableId } from "./copyable.tsx";
import { Notice } from "./notice.tsx";

type FailureNoticeProps = { failure: Failure; onRetry?: () => void; children?: ReactNode };

/** An error with its cause, what to do, and the request id to hand on. */
export function FailureNotice({ failure, onRetry, children }: FailureNoticeProps) {
  const t: Translate = useTranslations();
  const remedy = remedyText(t, failure.error);
  return (
    <Notice
      tone="error"
      live
      title={errorText(t, failure.error)}
      actions={
        onRetry ? (
          <Button size="small" onClick={onRetry}>
            {t("common.tryAgain")}
          </Button>
        ) : null
      }
    >
      {children}
      {remedy ? <p>{remedy}</p> : null}
      {failure.requestId ? (
        <p className="mt-1 flex flex-wrap items-center gap-x-1.5 text-label text-muted">
          <span className="whitespace-nowrap">{t("common.requestId")}</span>
          <CopyableId id={failure.requestId} what={t("common.requestId")} whole />
        </p>
      ) : null}
    </Notice>
  );
}
