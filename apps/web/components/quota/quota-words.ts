import { type Limits, namedResources, type QuotaLine } from "@madang/core/quota/resource";
import type { useFormatter } from "next-intl";
import { amountText } from "../../lib/amount.ts";
import type { Translate } from "../../lib/error-text.ts";
import { namedWords, type TypeNames } from "../../lib/resource-words.ts";

type Format = ReturnType<typeof useFormatter>;
type Count = Pick<QuotaLine, "resource" | "limit" | "inUse">;

export function isOver({ limit, inUse }: Count): boolean {
  return limit >= 0 && inUse > limit;
}

/** "7 of 10 · 3 left", or by how much it is over. */
export function usedWords(t: Translate, line: Count): string {
  const { resource, limit, inUse } = line;
  const amount = (value: number) => amountText(t, resource, value);
  if (limit < 0) return t("quota.usedUnlimited", { used: amount(inUse) });
  const words = { used: amount(inUse), limit: amount(limit) };
  if (isOver(line)) return t("quota.usedOver", { ...words, over: amount(inUse - limit) });
  return t("quota.usedOf", { ...words, left: amount(limit - inUse) });
}

/** Where the limit comes from, and until when. */
export function sourceWords(t: Translate, format: Format, line: QuotaLine): string {
  if (line.until) {
    const at = format.dateTime(line.until.at, { dateStyle: "medium", timeStyle: "short" });
    return t("quota.sourceUntil", { at, limit: amountText(t, line.resource, line.until.limit) });
  }
  if (line.source === "default") return t("quota.sourceDefault");
  return t("quota.sourceProject", { limit: amountText(t, line.resource, line.default) });
}

/** "vCPU 40, Memory 64 GiB" */
export function limitsWords(t: Translate, limits: Limits, typeNames: TypeNames): string {
  return namedResources(limits)
    .map(
      (resource) => `${namedWords(t, resource, typeNames)} ${amountText(t, resource, limits[resource] ?? 0)}`,
    )
    .join(", ");
}
