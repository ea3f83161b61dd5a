"use client";

import { useTranslations } from "next-intl";
import type { InstanceDetail } from "../../lib/rows.ts";
import { FailureNotice } from "../ui/failure-notice.tsx";
import { Notice } from "../ui/notice.tsx";

/** What is wrong with an instance: its fault, or that nobody hears from its hypervisor. */
export function FaultNotice({ instance }: { instance: InstanceDetail }) {
  const t = useTranslations("instances");
  const fault = instance.fault ?? instance.faultMessage;
  if (fault) return <FailureNotice failure={{ error: fault, requestId: null }} />;
  if (instance.hypervisorReachable) return null;
  return (
    <Notice tone="warning" title={t("unreachable")}>
      {t("unreachableAbout")}
    </Notice>
  );
}
