"use client";

import { groupSnapshotBlocked } from "@madang/core/volume/action";
import { attachmentLimit, snapshotLimit } from "@madang/core/volume/volume-input";
import { Camera, Plus } from "lucide-react";
import { useTranslations } from "next-intl";
import { useState } from "react";
import { failureOf } from "../../lib/failure.ts";
import type { InstanceDetail, VolumeRow } from "../../lib/rows.ts";
import { useRefusal } from "../../lib/use-permission.ts";
import { rowsOf } from "../list/pages.ts";
import { Button } from "../ui/button.tsx";
import { DataTable } from "../ui/data-table.tsx";
import { EmptyState } from "../ui/empty-state.tsx";
import { FailureNotice } from "../ui/failure-notice.tsx";
import { Section } from "../ui/section.tsx";
import { actionViewOf } from "../volume/action-view.ts";
import { AttachDialog } from "../volume/attach-dialog.tsx";
import { SnapshotDialog } from "../volume/snapshot-dialog.tsx";
import { useVolumes } from "../volume/use-volumes.ts";
import { VolumeDrawing } from "../volume/volume-drawing.tsx";
import { useBlocked } from "./actions.tsx";
import { useDiskColumns } from "./disk-columns.tsx";
import { RootDisk } from "./root-disk.tsx";

type StorageTabProps = { projectId: string; instance: InstanceDetail };

/** An instance's disks: what it boots from, and volumes. */
export function StorageTab({ projectId, instance }: StorageTabProps) {
  const t = useTranslations("storageTab");
  const [asked, setAsked] = useState<"attach" | "snapshot" | null>(null);
  const query = useVolumes(projectId, { instanceId: instance.id }, "createdAt");
  const { rows } = rowsOf(query);
  const volumes = rows.toSorted((left, right) => placeOf(left) - placeOf(right));
  const blocked = useDiskBlocked(projectId, instance, volumes);
  const columns = useDiskColumns(projectId);
  const empty = query.isSuccess && rows.length === 0;
  const close = () => setAsked(null);
  const attach = (
    <Button blocked={blocked.attach} onClick={() => setAsked("attach")}>
      <Plus aria-hidden />
      {t("attach")}
    </Button>
  );
  return (
    <div className="@container flex flex-col gap-8">
      {query.isError ? (
        <FailureNotice failure={failureOf(query.error)} onRetry={() => query.refetch()} />
      ) : null}
      <RootDisk projectId={projectId} instance={instance} volumes={volumes} />
      {empty ? (
        <EmptyState drawing={<VolumeDrawing />} title={t("empty.title")} about={t("empty.about")}>
          {attach}
        </EmptyState>
      ) : (
        <Section title={t("title")} about={t("about")}>
          <DataTable
            label={t("title")}
            columns={columns}
            rows={volumes}
            rowKey={(row) => row.id}
            loadingRows={query.isPending ? 1 : 0}
          />
          <Place volumes={volumes} />
          <div className="flex flex-wrap gap-2">
            {attach}
            <Button blocked={blocked.snapshot} onClick={() => setAsked("snapshot")}>
              <Camera aria-hidden />
              {t("snapshotAll")}
            </Button>
          </div>
        </Section>
      )}
      {asked === "attach" ? (
        <AttachDialog projectId={projectId} given={{ instance }} onClose={close} />
      ) : null}
      {asked === "snapshot" ? (
        <SnapshotDialog projectId={projectId} of={{ instance, volumes }} onClose={close} />
      ) : null}
    </div>
  );
}

const placeOf = ({ attachment }: VolumeRow) => attachment?.position ?? 0;

/** Why another volume can't be attached, or all of them not snapshotted, in words; null when they can. */
function useDiskBlocked(projectId: string, instance: InstanceDetail, volumes: readonly VolumeRow[]) {
  const t = useTranslations("storageTab");
  const tReasons = useTranslations("reasons");
  const blocked = useBlocked(projectId);
  const refused = useRefusal("volume_snapshot:create", projectId);
  const full = volumes.length >= attachmentLimit ? t("limit", { limit: attachmentLimit }) : null;
  const reason = groupSnapshotBlocked(volumes.map(actionViewOf));
  return {
    attach: blocked("attachVolume", instance) ?? full,
    snapshot: refused ?? (reason ? tReasons(reason, { limit: snapshotLimit }) : null),
  };
}

/** What its volumes mean for where the instance runs. */
function Place({ volumes }: { volumes: readonly VolumeRow[] }) {
  const t = useTranslations("storageTab");
  const placed = volumes.find(({ placeKey }) => placeKey !== null);
  if (volumes.length === 0) return null;
  return (
    <p className="max-w-prose text-label text-muted">
      {placed ? t("placed", { zone: placed.zone ?? "" }) : t("unplaced")}
    </p>
  );
}
