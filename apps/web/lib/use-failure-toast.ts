"use client";

import { useTranslations } from "next-intl";
import { useCallback } from "react";
import { toast } from "sonner";
import { errorText, remedyText, type Translate } from "./error-text.ts";
import { failureOf } from "./failure.ts";

/** Tells a failed action in words, with what to do and the request id to copy. */
export function useFailureToast(): (thrown: unknown) => void {
  const t: Translate = useTranslations();
  return useCallback(
    (thrown: unknown) => {
      const { error, requestId } = failureOf(thrown);
      // The sign-in dialog already says it.
      if (error.code === "Unauthenticated") return;
      const action = requestId
        ? { label: t("common.copyRequestId"), onClick: () => void navigator.clipboard?.writeText(requestId) }
        : undefined;
      toast.error(errorText(t, error), { description: remedyText(t, error), action, duration: 12_000 });
    },
    [t],
  );
}
