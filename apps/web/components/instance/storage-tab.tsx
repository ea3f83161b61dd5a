"use client";

import { attachmentLimit } from "@madang/core/volume/volume-input";
import { Camera, Plus } from "lucide-react";
import { useTranslations } from "next-intl";
import { useState } from "react";
import { diskText } from "../../lib/amount.ts";
import { failureOf } from "../../lib/failure.ts";
import type { InstanceDetail } from "../../lib/rows.ts";
import { useRefusal } from "../../lib/use-permission.ts";
import { rowsOf } from "../list/pages.ts";
import { Button } from "../ui/button.tsx";
import { DataTable } from "../ui/data-table.tsx";
import { EmptyState } from "../ui/empty-state.tsx";
import { Fact } from "../ui/fact.tsx";
import { FailureNotice } from "../ui/failure-notice.tsx";
import { Section } from "../ui/section.tsx";
import { AttachDialog } from "../volume/attach-dialog.tsx";
import { SnapshotDialog } from "../volume/snapshot-dialog.tsx";
import { useVolumes } from "../volume/use-volumes.ts";
import { useVolumeColumns } from "../volume/volume-columns.tsx";
import { VolumeDrawing } from "../volume/volume-drawing.tsx";
import { useBlocked } from "./actions.tsx";

type StorageTabProps = { projectId: string; instance: InstanceDetail };

/** An instance's disks: its own, which goes with it, and volumes. */
export function StorageTab({ projectId, instance }: StorageTabProps) {
  const t = useTranslations("storageTab");
  const blocked = useBlocked(projectId);
  const noSnapshot = useRefusal("volume_snapshot:create", projectId);
  const [asked, setAsked] = useState<"attach" | "snapshot" | null>(null);
  const query = useVolumes(projectId, { instanceId: instance.id }, "createdAt");
  const { rows } = rowsOf(query);
  const volumes = rows.toSorted((left, right) => placeOf(left) - placeOf(right));
  const inUse = volumes.filter(({ status }) => status === "in-use");
  const full = rows.length >= attachmentLimit ? t("limit", { limit: attachmentLimit }) : null;
  const unsteady = inUse.length === 0 || inUse.length < rows.length ? t("notSteady") : null;
  const attach = (
    <Button blocked={blocked("attachVolume", instance) ?? full} onClick={() => setAsked("attach")}>
      <Plus aria-hidden />
      {t("attach")}
    </Button>
  );
  const columns = useVolumeColumns(projectId, true);
  const empty = query.isSuccess && rows.length === 0;
  const close = () => setAsked(null);
  return (
    <div className="@container flex flex-col gap-8">
      {query.isError ? (
        <FailureNotice failure={failureOf(query.error)} onRetry={() => query.refetch()} />
      ) : null}
      <Section title={t("root")} about={t("rootAbout")}>
        <dl>
          <Fact name={t("size")}>{instance.diskGib === 0 ? t("asImage") : diskText(instance.diskGib)}</Fact>
          <Fact name={t("image")}>{instance.imageName}</Fact>
        </dl>
      </Section>
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
          <div className="flex flex-wrap gap-2">
            {attach}
            <Button blocked={noSnapshot ?? unsteady} onClick={() => setAsked("snapshot")}>
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
        <SnapshotDialog projectId={projectId} of={{ instance, volumes: inUse }} onClose={close} />
      ) : null}
    </div>
  );
}

const placeOf = ({ attachment }: { attachment: { position: number } | null }) => attachment?.position ?? 0;
