"use client";

import { useTranslations } from "next-intl";
import { failureOf } from "../../lib/failure.ts";
import type { VolumeRow } from "../../lib/rows.ts";
import { MoreRows } from "../list/more-rows.tsx";
import { rowsOf } from "../list/pages.ts";
import { DataTable } from "../ui/data-table.tsx";
import { FailureNotice } from "../ui/failure-notice.tsx";
import { Section } from "../ui/section.tsx";
import { useSnapshotColumns } from "./snapshot-table.tsx";
import { useSnapshots } from "./use-volumes.ts";

type SnapshotSectionProps = { projectId: string; volume: VolumeRow };

export function SnapshotSection({ projectId, volume }: SnapshotSectionProps) {
  const t = useTranslations("volumes.snapshot");
  const query = useSnapshots(projectId, { volumeId: volume.id });
  const columns = useSnapshotColumns(projectId, volume);
  const { rows, total } = rowsOf(query);
  const empty = query.isSuccess && rows.length === 0;
  return (
    <Section title={t("title")} about={empty ? t("none") : t("about")}>
      {query.isError ? (
        <FailureNotice failure={failureOf(query.error)} onRetry={() => query.refetch()} />
      ) : null}
      {empty ? null : (
        <div className="@container">
          <DataTable
            label={t("title")}
            columns={columns}
            rows={rows}
            rowKey={(row) => row.id}
            loadingRows={query.isPending ? 2 : 0}
          />
          <MoreRows query={query} shown={rows.length} total={total} />
        </div>
      )}
    </Section>
  );
}
