"use client";

import type { QuotaLine } from "@madang/core/quota/resource";
import { isTypeResource } from "@madang/core/quota/type-resource";
import { useFormatter, useTranslations } from "next-intl";
import type { Translate } from "../../lib/error-text.ts";
import { resourceWords } from "../../lib/resource-words.ts";
import { Meter } from "../ui/meter.tsx";
import { isOver, sourceWords, usedWords } from "./quota-words.ts";

/** A volume type without a limit has no share of its own to tell. */
const isTold = ({ resource, limit }: QuotaLine) => limit >= 0 || !isTypeResource(resource);

/** How much of the project's quota is used, bar and words. `whole`: also where each limit comes from. */
export function QuotaMeters({ lines, whole }: { lines: readonly QuotaLine[]; whole?: boolean }) {
  const t: Translate = useTranslations();
  const format = useFormatter();
  return (
    <div className="grid gap-x-8 gap-y-5 sm:grid-cols-2 @4xl:grid-cols-4">
      {lines.filter(isTold).map((line) => (
        <div key={line.resource} className="flex flex-col gap-1">
          <Meter
            label={resourceWords(t, line.resource, line.typeName)}
            words={usedWords(t, line)}
            used={line.inUse}
            limit={line.limit}
          />
          {whole ? <p className="text-label text-muted">{sourceWords(t, format, line)}</p> : null}
          {whole && isOver(line) ? <p className="text-label text-danger">{t("quota.overMeans")}</p> : null}
        </div>
      ))}
    </div>
  );
}
