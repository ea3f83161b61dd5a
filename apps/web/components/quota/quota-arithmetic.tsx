"use client";

import type { QuotaLine, Usage } from "@madang/core/quota/resource";
import { isTypeResource } from "@madang/core/quota/type-resource";
import { useTranslations } from "next-intl";
import { amountText } from "../../lib/amount.ts";
import type { Translate } from "../../lib/error-text.ts";
import { resourceWords } from "../../lib/resource-words.ts";
import { Meter } from "../ui/meter.tsx";

type Props = { lines: readonly QuotaLine[]; wanted: Usage; shown: readonly QuotaLine["resource"][] };

/** Used + this = after / limit, live, for each resource that a form asks for, and for the types that are limited. */
export function QuotaArithmetic({ lines, wanted, shown }: Props) {
  const t: Translate = useTranslations();
  return (
    <div className="flex flex-col gap-3.5">
      {lines
        .filter(
          ({ resource, limit }) =>
            shown.includes(resource) || (limit >= 0 && isTypeResource(resource) && wanted[resource]),
        )
        .map(({ resource, inUse, limit, typeName }) => {
          const asked = wanted[resource] ?? 0;
          const amount = (value: number) => amountText(t, resource, value);
          const numbers = { used: amount(inUse), asked: amount(asked), after: amount(inUse + asked) };
          const words = t("quota.arithmetic", { ...numbers, limit: amount(limit) });
          const name = resourceWords(t, resource, typeName);
          return <Meter key={resource} label={name} words={words} used={inUse} asked={asked} limit={limit} />;
        })}
    </div>
  );
}
