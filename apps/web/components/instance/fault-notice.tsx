"use client";

import { useTranslations } from "next-intl";
import type { Translate } from "../../lib/error-text.ts";
import type { InstanceDetail } from "../../lib/rows.ts";
import { Notice } from "../ui/notice.tsx";
import { reasonOf } from "./reason.tsx";

/** What is wrong with an instance, above everything else about it. */
export function FaultNotice({ instance }: { instance: InstanceDetail }) {
  const t: Translate = useTranslations();
  const reason = reasonOf(t, instance);
  if (!reason) return null;
  return (
    <Notice tone={reason.tone} live={reason.tone === "error"} title={reason.title}>
      <div className="max-w-xl">{reason.body}</div>
    </Notice>
  );
}
