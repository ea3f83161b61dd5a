"use client";

import { Plus } from "lucide-react";
import { useTranslations } from "next-intl";
import { useState } from "react";
import { failureOf } from "../../lib/failure.ts";
import type { PortRow } from "../../lib/rows.ts";
import { usePermission } from "../../lib/use-permission.ts";
import { useProjectId } from "../../lib/use-project.ts";
import { useQueryState } from "../../lib/use-query-state.ts";
import { MoreRows } from "../instance/more-rows.tsx";
import { DeleteDialog } from "../network/delete-dialog.tsx";
import { NetworkDrawing } from "../network/network-drawing.tsx";
import { Page } from "../shell/page.tsx";
import { Button } from "../ui/button.tsx";
import { EmptyState } from "../ui/empty-state.tsx";
import { FailureNotice } from "../ui/failure-notice.tsx";
import { TextFilter } from "../ui/text-filter.tsx";
import { PortDialog } from "./port-dialog.tsx";
import { PortTable } from "./port-table.tsx";
import { portName } from "./port-user.tsx";
import { usePorts } from "./use-ports.ts";

const skeletonRows = 4;

export function PortListPage() {
  const t = useTranslations("ports");
  const tReasons = useTranslations("reasons");
  const projectId = useProjectId();
  const allowed = usePermission("port:create", projectId);
  const [text, setText] = useQueryState("q");
  const [sort, setSort] = useQueryState("sort");
  const [creating, setCreating] = useState(false);
  const [doomed, setDoomed] = useState<PortRow | null>(null);
  const { query, rows, total } = usePorts(projectId, text ? { text } : {}, sort ?? "-createdAt");
  const empty = query.isSuccess && rows.length === 0;
  const create = (
    <Button
      tone="primary"
      blocked={allowed ? null : tReasons("notPermitted")}
      onClick={() => setCreating(true)}
    >
      <Plus aria-hidden />
      {t("create")}
    </Button>
  );
  return (
    <Page
      title={t("title")}
      about={empty && !text ? null : t("about")}
      actions={empty && !text ? null : create}
    >
      {query.isError ? (
        <FailureNotice failure={failureOf(query.error)} onRetry={() => query.refetch()} />
      ) : null}
      {empty && !text ? (
        <EmptyState drawing={<NetworkDrawing />} title={t("empty.title")} about={t("empty.about")}>
          {create}
        </EmptyState>
      ) : (
        <div className="@container flex flex-col gap-3">
          <div className="flex flex-wrap items-center justify-between gap-2">
            <search className="w-full sm:w-auto">
              <TextFilter text={text ?? ""} label={t("filter")} onText={setText} />
            </search>
            <p role="status" className="text-label text-muted tabular-nums">
              {query.isSuccess ? t("total", { count: total }) : ""}
            </p>
          </div>
          {empty ? (
            <EmptyState title={t("nothing", { text: text ?? "" })}>
              <Button onClick={() => setText(null)}>{t("clear")}</Button>
            </EmptyState>
          ) : (
            <PortTable
              projectId={projectId}
              rows={rows}
              loadingRows={query.isPending ? skeletonRows : 0}
              withNetwork
              sort={sort ?? "-createdAt"}
              onSort={setSort}
              onDelete={setDoomed}
            />
          )}
          <MoreRows query={query} shown={rows.length} total={total} />
        </div>
      )}
      {creating ? (
        <PortDialog projectId={projectId} networkId={null} port={null} onClose={() => setCreating(false)} />
      ) : null}
      {doomed ? (
        <DeleteDialog
          projectId={projectId}
          doomed={{ kind: "port", id: doomed.id, name: portName(doomed) }}
          onClose={() => setDoomed(null)}
        />
      ) : null}
    </Page>
  );
}
