"use client";

import { useRouter } from "next/navigation";
import { useTranslations } from "next-intl";
import { useEffect, useRef } from "react";
import { toast } from "sonner";
import type { Translate } from "../../lib/error-text.ts";
import type { QuotaRequestRow } from "../../lib/rows.ts";
import { useMe } from "../../lib/use-me.ts";
import { limitsWords } from "./quota-words.ts";
import { useRecentRequests } from "./use-quota-requests.ts";

const shownMs = 15_000;

/** Tells him who asked, wherever in the project he is, as soon as it is decided. */
export function QuotaDecisions({ projectId }: { projectId: string }) {
  const t: Translate = useTranslations();
  const me = useMe();
  const router = useRouter();
  const requests = useRecentRequests(projectId);
  const waited = useRef(new Set<string>());
  useEffect(() => {
    for (const request of requests.filter(({ userId }) => userId === me.user.id)) {
      if (request.state === "pending") waited.current.add(request.id);
      else if (waited.current.delete(request.id) && request.state !== "withdrawn") tell(request);
    }
    function tell({ state, granted, answer, asked, typeNames }: QuotaRequestRow) {
      const say = state === "approved" ? toast.success : toast.warning;
      const description = [limitsWords(t, granted ?? asked, typeNames), answer].filter(Boolean).join(" · ");
      const go = { label: t("quota.look"), onClick: () => router.push(`/p/${projectId}/quotas`) };
      say(t(`quota.decided.${state}`), { description, action: go, duration: shownMs });
    }
  }, [requests, me.user.id, projectId, router, t]);
  return null;
}
