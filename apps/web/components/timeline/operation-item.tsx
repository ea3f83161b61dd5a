"use client";

import { Check, Circle, CircleAlert, LoaderCircle, Minus } from "lucide-react";
import Link from "next/link";
import { useTranslations } from "next-intl";
import { errorText, type Translate } from "../../lib/error-text.ts";
import type { OperationRow } from "../../lib/rows.ts";
import { Moment } from "./moment.tsx";

function StepMark({ state }: { state: string }) {
  if (state === "done" || state === "succeeded") return <Check aria-hidden className="text-running" />;
  if (state === "failed") return <CircleAlert aria-hidden className="text-danger" />;
  if (state === "running")
    return (
      <LoaderCircle
        aria-hidden
        className="animate-spin text-changing [animation-duration:2.4s] motion-reduce:animate-none"
      />
    );
  if (state === "cancelled" || state === "skipped") return <Minus aria-hidden className="text-muted" />;
  return <Circle aria-hidden className="text-line-strong" />;
}

function named(t: Translate, group: string, key: string): string {
  return t.has(`${group}.${key}`) ? t(`${group}.${key}`) : key;
}

/** A piece of long work: what, on what, since when, and its steps with ticks. */
export function OperationItem({ operation, projectId }: { operation: OperationRow; projectId: string }) {
  const t: Translate = useTranslations();
  const name = operation.resourceName ?? "";
  const finished = operation.finishedAt !== null;
  return (
    <li className="flex flex-col gap-1 text-table [&_svg]:size-3.5 [&_svg]:shrink-0">
      <div className="flex items-baseline gap-2">
        <span className="relative top-0.5">
          <StepMark state={operation.state} />
        </span>
        <span className="min-w-0 flex-1">
          {named(t, "operationKinds", operation.kind)}{" "}
          {operation.resourceKind === "instance" && operation.resourceId ? (
            <Link
              href={`/p/${projectId}/instances/${operation.resourceId}`}
              className="font-medium text-accent hover:underline"
            >
              {name}
            </Link>
          ) : (
            <span className="font-medium">{name}</span>
          )}
        </span>
        <span className="text-label whitespace-nowrap text-muted">
          {finished ? (
            <Moment date={operation.finishedAt ?? operation.createdAt} />
          ) : (
            named(t, "operationStates", operation.state)
          )}
          {!finished && operation.percent !== null ? ` ${operation.percent}%` : ""}
        </span>
      </div>
      {operation.steps.length > 0 && (!finished || operation.error) ? (
        <ol className="ml-5.5 flex flex-wrap gap-x-3 gap-y-0.5 text-label text-muted">
          {operation.steps.map((step) => (
            <li key={step.name} className="flex items-center gap-1">
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
      ) : null}
      {operation.error ? (
        <p className="ml-5.5 text-label text-danger">{errorText(t, operation.error)}</p>
      ) : null}
    </li>
  );
}
