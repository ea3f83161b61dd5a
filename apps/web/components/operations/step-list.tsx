"use client";

import { useTranslations } from "next-intl";
import type { Translate } from "../../lib/error-text.ts";
import { StepMark } from "./step-mark.tsx";
import type { ShownOperation } from "./use-operations.ts";
import { named } from "./words.ts";

/** What the work is made of, each with a tick and its percent where that is known. */
export function StepList({ steps }: Pick<ShownOperation, "steps">) {
  const t: Translate = useTranslations();
  if (steps.length === 0) return null;
  return (
    <ol aria-label={t("operations.steps")} className="flex flex-wrap gap-x-3 gap-y-0.5 text-label text-muted">
      {steps.map((step) => (
        <li key={step.name} className="flex items-center gap-1 [&_svg]:size-3.5 [&_svg]:shrink-0">
          <StepMark state={step.state} />
          {named(t, "steps", step.name)}
          {step.state === "running" && step.percent !== null ? (
            <span className="tabular-nums">{`${step.percent}%`}</span>
          ) : null}
          <span className="sr-only">{named(t, "operationStates", step.state)}</span>
          {step.waitingFor.length > 0 ? (
            <span>{t("operations.waitsFor", { names: step.waitingFor.join(", ") })}</span>
          ) : null}
        </li>
      ))}
    </ol>
  );
}
