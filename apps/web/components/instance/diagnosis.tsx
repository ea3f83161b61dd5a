"use client";

import { useTranslations } from "next-intl";
import type { Translate } from "../../lib/error-text.ts";

export type DiagnosisParams = Record<string, string | number>;

/** The filters of placement, in the order they are told. */
const filters = ["down", "disabled", "zone", "excluded", "simulated", "capacity"];

/** Why no hypervisor took the instance: what removed how many, and the flavor that would fit now. */
export function Diagnosis({ params }: { params: DiagnosisParams }) {
  const t: Translate = useTranslations();
  const total = Number(params.hypervisors ?? 0);
  const removed = filters.filter((name) => Number(params[name] ?? 0) > 0);
  return (
    <div>
      <p>{t("diagnosis.total", { count: total })}</p>
      {removed.length > 0 ? (
        <ul className="ml-4 list-disc">
          {removed.map((name) => (
            <li key={name}>{t(`diagnosis.${name}`, { count: Number(params[name]) })}</li>
          ))}
        </ul>
      ) : null}
      {params.flavor ? <p>{t("diagnosis.flavor", { flavor: params.flavor })}</p> : null}
    </div>
  );
}
