"use client";

import { useTranslations } from "next-intl";
import type { ReactNode } from "react";
import { useState } from "react";
import type { Translate } from "../../lib/error-text.ts";
import { failureOf } from "../../lib/failure.ts";
import { openOperation } from "../../lib/operation-drawer.ts";
import { MoreRows } from "../list/more-rows.tsx";
import { rowsOf } from "../list/pages.ts";
import { ExactTime } from "../timeline/moment.tsx";
import { Button } from "../ui/button.tsx";
import { CopyableId } from "../ui/copyable.tsx";
import { FailureNotice } from "../ui/failure-notice.tsx";
import { Notice } from "../ui/notice.tsx";
import { Segments } from "../ui/segments.tsx";
import { SkeletonLines } from "../ui/skeleton.tsx";
import { OperationActions } from "./operation-actions.tsx";
import { ChildCounts, Elapsed, Failure, OperationCard, Progress, Subject } from "./operation-card.tsx";
import { StepList } from "./step-list.tsx";
import { StepMark } from "./step-mark.tsx";
import { type Scope, type ShownOperation, useOperation, useOperations, workingMs } from "./use-operations.ts";
import { named } from "./words.ts";

/** One operation in full, by the id that the address names. */
export function OperationView({ scope, operationId }: { scope: Scope; operationId: string }) {
  const t = useTranslations("operations");
  const query = useOperation(scope, operationId);
  const failure = query.error ? failureOf(query.error) : null;
  if (failure && ["NotFound", "InvalidInput"].includes(failure.error.code))
    return <Notice>{t("missing")}</Notice>;
  if (failure && !query.data) return <FailureNotice failure={failure} onRetry={() => query.refetch()} />;
  if (!query.data) return <SkeletonLines count={5} label={t("loading")} />;
  return <Whole operation={query.data} scope={scope} />;
}

function Whole({ operation, scope }: { operation: ShownOperation; scope: Scope }) {
  const t: Translate = useTranslations();
  const { parentId } = operation;
  return (
    <div className="flex flex-col gap-4">
      <h3 className="flex items-start gap-2 text-body [&_svg]:mt-0.5 [&_svg]:size-4 [&_svg]:shrink-0">
        <StepMark state={operation.state} />
        <Subject operation={operation} overseer={scope === null} />
      </h3>
      {operation.finishedAt ? null : <Progress operation={operation} />}
      <StepList steps={operation.steps} />
      <Failure operation={operation} />
      <OperationActions operation={operation} />
      <Facts operation={operation} />
      {parentId ? (
        <Button className="self-start" onClick={() => openOperation(parentId)}>
          {t("operations.parent")}
        </Button>
      ) : null}
      {operation.children ? <Children operation={operation} scope={scope} /> : null}
    </div>
  );
}

function Facts({ operation }: { operation: ShownOperation }) {
  const t: Translate = useTranslations();
  const { createdAt, finishedAt, projectName } = operation;
  return (
    <dl className="grid grid-cols-[max-content_minmax(0,1fr)] gap-x-4 gap-y-1.5 text-label [&_dt]:text-muted">
      <Fact name={t("operations.facts.state")}>
        {named(t, "operationStates", operation.state)} · <Elapsed operation={operation} />
      </Fact>
      <Fact name={t("operations.facts.actor")}>{operation.actorName || t("events.system")}</Fact>
      {projectName ? <Fact name={t("operations.facts.project")}>{projectName}</Fact> : null}
      <Fact name={t("operations.facts.started")}>
        <ExactTime date={createdAt} />
      </Fact>
      {finishedAt ? (
        <Fact name={t("operations.facts.ended")}>
          <ExactTime date={finishedAt} />
        </Fact>
      ) : null}
      <Fact name={t("common.requestId")}>
        <CopyableId id={operation.requestId} what={t("common.requestId")} whole />
      </Fact>
      <Fact name={t("operations.facts.id")}>
        <CopyableId id={operation.id} what={t("operations.facts.id")} whole />
      </Fact>
    </dl>
  );
}

function Fact({ name, children }: { name: string; children: ReactNode }) {
  return (
    <>
      <dt>{name}</dt>
      <dd className="min-w-0 break-words">{children}</dd>
    </>
  );
}

const shares = { all: undefined, failed: ["failed"], open: ["pending", "running"] } as const;

/** The parts, each with its own end: those that failed can be looked at alone. */
function Children({ operation, scope }: { operation: ShownOperation; scope: Scope }) {
  const t = useTranslations("operations");
  const [share, setShare] = useState<keyof typeof shares>("all");
  const state = shares[share];
  const query = useOperations(
    scope,
    { parentId: operation.id, ...(state ? { state: [...state] } : {}) },
    { everyMs: operation.finishedAt ? false : workingMs },
  );
  const { rows, total } = rowsOf(query);
  return (
    <section aria-label={t("children.label")} className="flex flex-col gap-2">
      <h3 className="text-table font-semibold">{t("children.label")}</h3>
      <ChildCounts operation={operation} />
      <Segments
        label={t("children.share")}
        value={share}
        onChange={(value) => setShare(value === "failed" || value === "open" ? value : "all")}
        options={(["all", "failed", "open"] as const).map((value) => ({
          value,
          label: t(`children.${value === "failed" ? "onlyFailed" : value}`),
        }))}
      />
      <ul className="flex flex-col">
        {rows.map((row) => (
          <OperationCard key={row.id} operation={row} overseer={scope === null} />
        ))}
      </ul>
      {query.isSuccess && rows.length === 0 ? <p className="text-label text-muted">{t("nothing")}</p> : null}
      <MoreRows query={query} shown={rows.length} total={total} />
    </section>
  );
}
