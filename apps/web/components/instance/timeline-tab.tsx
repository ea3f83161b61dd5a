"use client";

import { useQuery } from "@tanstack/react-query";
import { useTranslations } from "next-intl";
import { useTRPC } from "../../lib/trpc.ts";
import { OperationItem } from "../timeline/operation-item.tsx";
import { Timeline } from "../timeline/timeline.tsx";

const shownOperations = 20;

/** Everything that happened to one instance: long work with its steps, and the events. */
export function TimelineTab({ projectId, instanceId }: { projectId: string; instanceId: string }) {
  const t = useTranslations("instance");
  const trpc = useTRPC();
  const operations = useQuery(
    trpc.operation.list.queryOptions({
      projectId,
      filter: { resourceId: instanceId },
      limit: shownOperations,
    }),
  );
  const items = operations.data?.items ?? [];
  return (
    <div className="grid gap-8 @4xl:grid-cols-[minmax(0,1fr)_minmax(0,24rem)]">
      <section aria-label={t("events")} className="min-w-0">
        <h2 className="mb-2 text-body font-semibold">{t("events")}</h2>
        <Timeline projectId={projectId} resourceId={instanceId} />
      </section>
      <section aria-label={t("operations")} className="min-w-0">
        <h2 className="mb-2 text-body font-semibold">{t("operations")}</h2>
        {items.length === 0 ? <p className="text-table text-muted">{t("noOperations")}</p> : null}
        <ul className="flex flex-col gap-3">
          {items.map((operation) => (
            <OperationItem key={operation.id} operation={operation} projectId={projectId} />
          ))}
        </ul>
      </section>
    </div>
  );
}
