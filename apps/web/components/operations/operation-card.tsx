"use client";

import { ChevronRight } from "lucide-react";
import Link from "next/link";
import { useFormatter, useNow, useTranslations } from "next-intl";
import { errorText, remedyText, type Translate } from "../../lib/error-text.ts";
import { openOperation } from "../../lib/operation-drawer.ts";
import { resourceHref } from "../../lib/resource-href.ts";
import { ProgressBar } from "../image/progress-bar.tsx";
import { Moment } from "../timeline/moment.tsx";
import { IconButton } from "../ui/button.tsx";
import { CopyableId } from "../ui/copyable.tsx";
import { OperationActions } from "./operation-actions.tsx";
import { StepList } from "./step-list.tsx";
import { StepMark } from "./step-mark.tsx";
import type { ShownOperation } from "./use-operations.ts";
import { durationText, kindWords, named } from "./words.ts";

const tickMs = 1_000;

/** A piece of long work: what, on what, by whom, since when, how far; and if it failed, why and what to do. */
export function OperationCard({ operation, overseer }: { operation: ShownOperation; overseer: boolean }) {
  const t: Translate = useTranslations();
  const over = operation.finishedAt !== null;
  return (
    <li
      data-operation={operation.id}
      className="flex flex-col gap-1.5 border-b py-2.5 text-table last:border-b-0 [&_svg]:shrink-0"
    >
      <div className="flex items-start gap-2">
        <span className="mt-0.5 [&_svg]:size-4">
          <StepMark state={operation.state} />
        </span>
        <span className="min-w-0 flex-1">
          <Subject operation={operation} overseer={overseer} />
          <span className="block text-label text-muted">
            <Circumstances operation={operation} overseer={overseer} />
          </span>
        </span>
        <IconButton
          size="iconSmall"
          className="-my-1"
          label={t("operations.details", {
            kind: kindWords(t, operation.kind),
            name: operation.resourceName,
          })}
          onClick={() => openOperation(operation.id)}
        >
          <ChevronRight aria-hidden className="size-4 text-muted" />
        </IconButton>
      </div>
      <div className="flex flex-col gap-1.5 pl-6">
        {over ? null : <Progress operation={operation} />}
        {operation.children ? <ChildCounts operation={operation} /> : null}
        {!over || operation.error ? <StepList steps={operation.steps} /> : null}
        <Failure operation={operation} />
        {!over || operation.state === "failed" ? <OperationActions operation={operation} /> : null}
      </div>
    </li>
  );
}

export function Subject({ operation, overseer }: { operation: ShownOperation; overseer: boolean }) {
  const t: Translate = useTranslations();
  const { projectId, kind, resourceKind, resourceId, resourceName, state } = operation;
  const gone = state === "succeeded" && kind.endsWith(".delete");
  const href = gone ? null : resourceHref(projectId, resourceKind, resourceId, overseer);
  return (
    <span className="break-words">
      {kindWords(t, kind)}{" "}
      {href ? (
        <Link href={href} className="font-medium text-accent hover:underline">
          {resourceName}
        </Link>
      ) : (
        <span className="font-medium">{resourceName}</span>
      )}
    </span>
  );
}

function Circumstances({ operation, overseer }: { operation: ShownOperation; overseer: boolean }) {
  const t: Translate = useTranslations();
  const { actorName, projectName, state, createdAt, finishedAt, cancelRequested } = operation;
  const words =
    cancelRequested && !finishedAt ? t("operations.cancelling") : named(t, "operationStates", state);
  return (
    <>
      {[words, overseer ? projectName : null, actorName || t("events.system")].filter(Boolean).join(" · ")}
      {" · "}
      <Moment date={finishedAt ?? createdAt} />
      {" · "}
      <Elapsed operation={operation} />
    </>
  );
}

/** How long it took, or has been taking. */
export function Elapsed({ operation: { createdAt, finishedAt } }: { operation: ShownOperation }) {
  const t = useTranslations("operations");
  const format = useFormatter();
  const now = useNow({ updateInterval: tickMs });
  const text = durationText(format, (finishedAt ?? now).getTime() - createdAt.getTime());
  return <span className="tabular-nums">{t(finishedAt ? "took" : "since", { time: text })}</span>;
}

export function Progress({ operation }: { operation: ShownOperation }) {
  const t = useTranslations("operations");
  const step = operation.steps.find(({ state, percent }) => state === "running" && percent !== null);
  const percent = operation.percent || step?.percent || 0;
  if (percent === 0) return null;
  return (
    <span className="grid grid-cols-[minmax(0,1fr)_auto] items-center gap-2 text-label tabular-nums">
      <ProgressBar label={t("progress", { name: operation.resourceName })} percent={percent} />
      {`${percent}%`}
    </span>
  );
}

export function ChildCounts({ operation: { children } }: { operation: ShownOperation }) {
  const t = useTranslations("operations");
  if (!children) return null;
  const { total, succeeded, failed, cancelled } = children;
  return (
    <p className="text-label text-muted tabular-nums">
      {t("children.done", { done: succeeded, total })}
      {failed > 0 ? (
        <span className="text-danger">{` · ${t("children.failed", { count: failed })}`}</span>
      ) : null}
      {cancelled > 0 ? ` · ${t("children.cancelled", { count: cancelled })}` : null}
    </p>
  );
}

/** The cause, the next step, and the request id to quote. */
export function Failure({ operation: { error, requestId } }: { operation: ShownOperation }) {
  const t: Translate = useTranslations();
  if (!error) return null;
  const remedy = remedyText(t, error) ?? t("operations.askWithId");
  return (
    <div className="flex flex-col gap-0.5 text-label">
      <p className="text-danger">{errorText(t, error)}</p>
      <p>{remedy}</p>
      <p className="flex items-center gap-1 text-muted">
        {t("common.requestId")} <CopyableId id={requestId} what={t("common.requestId")} whole />
      </p>
    </div>
  );
}
