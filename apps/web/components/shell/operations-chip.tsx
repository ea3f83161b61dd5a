"use client";

import { useQuery } from "@tanstack/react-query";
import { ListChecks } from "lucide-react";
import { useTranslations } from "next-intl";
import { useTRPC } from "../../lib/trpc.ts";
import { OperationItem } from "../timeline/operation-item.tsx";
import { Button } from "../ui/button.tsx";
import { Popover } from "../ui/popover.tsx";

const shownOperations = 12;

/** What runs now in the project, and what ended lately. */
export function OperationsChip({ projectId }: { projectId: string }) {
  const t = useTranslations("operations");
  const trpc = useTRPC();
  const active = useQuery(
    trpc.operation.list.queryOptions({ projectId, filter: { active: true }, limit: shownOperations }),
  );
  const recent = useQuery(trpc.operation.list.queryOptions({ projectId, limit: shownOperations }));
  const running = active.data?.total ?? 0;
  const items = recent.data?.items ?? [];
  return (
    <Popover
      label={t("title")}
      trigger={
        <Button tone="quiet" size="small" className="h-8 px-2" aria-label={t("chip", { count: running })}>
          <ListChecks aria-hidden className={running > 0 ? "text-changing two-step" : "text-muted"} />
          {running > 0 ? <span className="tabular-nums">{running}</span> : null}
        </Button>
      }
    >
      <div className="flex flex-col gap-3 p-4">
        <h2 className="text-body font-semibold">{t("title")}</h2>
        <p role="status" className="text-label text-muted">
          {t("chip", { count: running })}
        </p>
        {items.length === 0 ? null : (
          <ul className="flex flex-col gap-3">
            {items.map((operation) => (
              <OperationItem key={operation.id} operation={operation} projectId={projectId} />
            ))}
          </ul>
        )}
      </div>
    </Popover>
  );
}
