"use client";

import { useTranslations } from "next-intl";
import { MoreRows } from "../list/more-rows.tsx";
import { rowsOf } from "../list/pages.ts";
import { OperationCard } from "../operations/operation-card.tsx";
import { useOperations } from "../operations/use-operations.ts";
import { Timeline } from "../timeline/timeline.tsx";

const shownOperations = 20;

/** Everything that happened to one instance: long work with its steps, and the events. */
export function TimelineTab({ projectId, instanceId }: { projectId: string; instanceId: string }) {
  const t = useTranslations("instance");
  const operations = useOperations(projectId, { resourceId: instanceId }, { limit: shownOperations });
  const { rows, total } = rowsOf(operations);
  return (
    <div className="grid gap-8 @4xl:grid-cols-[minmax(0,1fr)_minmax(0,24rem)]">
      <section aria-label={t("events")} className="min-w-0">
        <h2 className="mb-2 text-body font-semibold">{t("events")}</h2>
        <Timeline projectId={projectId} resourceId={instanceId} />
      </section>
      <section aria-label={t("operations")} className="min-w-0">
        <h2 className="mb-2 text-body font-semibold">{t("operations")}</h2>
        {operations.isSuccess && rows.length === 0 ? (
          <p className="text-table text-muted">{t("noOperations")}</p>
        ) : null}
        <ul className="flex flex-col">
          {rows.map((operation) => (
            <OperationCard key={operation.id} operation={operation} overseer={false} />
          ))}
        </ul>
        <MoreRows query={operations} shown={rows.length} total={total} />
      </section>
    </div>
  );
}
