"use client";

import type { QuotaLine } from "@madang/core/quota/resource";
import { useTranslations } from "next-intl";
import { amountText } from "../../lib/amount.ts";
import type { Translate } from "../../lib/error-text.ts";
import { Meter } from "../ui/meter.tsx";

function quotaWords(t: Translate, line: QuotaLine): string {
  const amount = (value: number) => amountText(t, line.resource, value);
  if (line.limit < 0) return t("quota.usedUnlimited", { used: amount(line.inUse) });
  const left = Math.max(0, line.limit - line.inUse);
  return t("quota.usedOf", { used: amount(line.inUse), limit: amount(line.limit), left: amount(left) });
}

/** How much of the project's quota is used, bar and words. */
export function QuotaMeters({ lines }: { lines: QuotaLine[] }) {
  const t: Translate = useTranslations();
  return (
    <div className="grid gap-x-8 gap-y-4 sm:grid-cols-2 @4xl:grid-cols-4">
      {lines.map((line) => (
        <Meter
          key={line.resource}
          label={t(`resources.${line.resource}`)}
          words={quotaWords(t, line)}
          used={line.inUse}
          limit={line.limit}
        />
      ))}
    </div>
  );
}
