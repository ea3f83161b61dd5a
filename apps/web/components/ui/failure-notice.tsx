"use client";

import { useTranslations } from "next-intl";
import { errorText, remedyText, type Translate } from "../../lib/error-text.ts";
import type { Failure } from "../../lib/failure.ts";
import { Button } from "./button.tsx";
import { CopyableId } from "./copyable.tsx";
import { Notice } from "./notice.tsx";

/** An error with its cause, what to do, and the request id to hand on. */
export function FailureNotice({ failure, onRetry }: { failure: Failure; onRetry?: () => void }) {
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
      {remedy ? <p>{remedy}</p> : null}
      {failure.requestId ? (
        <p className="mt-1 flex items-center gap-1 text-label text-muted">
          {t("common.requestId")}
          <CopyableId id={failure.requestId} what={t("common.requestId")} whole />
        </p>
      ) : null}
    </Notice>
  );
}
