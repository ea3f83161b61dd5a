"use client";

import { useTranslations } from "next-intl";
import { useState } from "react";
import { failureOf } from "../../lib/failure.ts";
import { useMe } from "../../lib/use-me.ts";
import { MoreRows } from "../list/more-rows.tsx";
import { rowsOf } from "../list/pages.ts";
import { FailureNotice } from "../ui/failure-notice.tsx";
import { SkeletonLines } from "../ui/skeleton.tsx";
import { OperationCard } from "./operation-card.tsx";
import { everything, type Narrowing, OperationFilters } from "./operation-filters.tsx";
import { type OperationFilter, type Scope, useOperations, workingMs } from "./use-operations.ts";

const endStates = ["succeeded", "failed", "cancelled"] as const;

/** What runs, then what ended, newest first and as far back as one scrolls. */
export function OperationLists({ scope }: { scope: Scope }) {
  const t = useTranslations("operations");
  const { user } = useMe();
  const [narrowing, setNarrowing] = useState<Narrowing>(everything);
  const filter: OperationFilter = {
    top: true,
    ...(narrowing.mine ? { actorId: user.id } : {}),
    ...(narrowing.kind ? { kind: narrowing.kind } : {}),
  };
  const state = endStates.find((one) => one === narrowing.state);
  return (
    <div className="flex flex-col gap-4">
      <OperationFilters value={narrowing} onChange={setNarrowing} />
      {state ? null : (
        <Part
          title={t("running")}
          none={t("noneRunning")}
          scope={scope}
          filter={{ ...filter, active: true }}
          everyMs={workingMs}
        />
      )}
      <Part
        title={t("endedTitle")}
        none={t("noneEnded")}
        scope={scope}
        filter={state ? { ...filter, state: [state] } : { ...filter, active: false }}
        everyMs={false}
      />
    </div>
  );
}

type PartProps = {
  title: string;
  none: string;
  scope: Scope;
  filter: OperationFilter;
  everyMs: number | false;
};

function Part({ title, none, scope, filter, everyMs }: PartProps) {
  const t = useTranslations("operations");
  const query = useOperations(scope, filter, { everyMs });
  const { rows, total } = rowsOf(query);
  return (
    <section aria-label={title} className="flex flex-col">
      <h3 className="text-table font-semibold">
        {title}{" "}
        {query.isSuccess ? <span className="font-normal text-muted tabular-nums">{total}</span> : null}
      </h3>
      {query.isPending ? <SkeletonLines count={3} label={t("loading")} /> : null}
      {query.isError ? (
        <FailureNotice failure={failureOf(query.error)} onRetry={() => query.refetch()} />
      ) : null}
      {query.isSuccess && rows.length === 0 ? <p className="py-2 text-label text-muted">{none}</p> : null}
      <ul className="flex flex-col">
        {rows.map((row) => (
          <OperationCard key={row.id} operation={row} overseer={scope === null} />
        ))}
      </ul>
      <MoreRows query={query} shown={rows.length} total={total} />
    </section>
  );
}
