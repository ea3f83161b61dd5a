/** One sentence or two for an error: by its reason, else by its code, both from the catalogue. */
import type { PublicError, QuotaExcess } from "@madang/core/errors";
import type { useTranslations } from "next-intl";
import { amountText } from "./amount.ts";
import { resourceWords } from "./resource-words.ts";

export type Translate = ReturnType<typeof useTranslations<never>>;

/** Names resource, limit, in use and requested. */
export function quotaText(t: Translate, excess: QuotaExcess): string {
  const { resource, limit, inUse, requested, typeName } = excess;
  const name = resourceWords(t, resource, typeName);
  const amount = (value: number) => amountText(t, resource, value);
  return t("errors.quotaLine", {
    name,
    requested: amount(requested),
    inUse: amount(inUse),
    limit: amount(limit),
  });
}

export function errorText(t: Translate, error: PublicError): string {
  if (error.quota?.length) return error.quota.map((excess) => quotaText(t, excess)).join(" ");
  if (t.has(`validation.${error.reason}`)) return t(`validation.${error.reason}`, error.params);
  if (t.has(`reasons.${error.reason}`)) return t(`reasons.${error.reason}`, error.params);
  if (t.has(`errors.${error.reason}`)) return t(`errors.${error.reason}`, error.params);
  return t(`errors.${error.code}`);
}

/** What the reader can do now. */
export function remedyText(t: Translate, error: PublicError): string | null {
  if (t.has(`remedies.${error.reason}`)) return t(`remedies.${error.reason}`);
  if (t.has(`remedies.${error.code}`)) return t(`remedies.${error.code}`);
  return error.retry === "later" ? t("remedies.later") : null;
}

/** A form field's fault: a key of `validation`, or the schema's own words turned into a plain "not valid". */
export function fieldText(t: Translate, key: string | undefined): string | undefined {
  if (!key) return undefined;
  return t.has(`validation.${key}`) ? t(`validation.${key}`) : t("validation.invalid");
}
