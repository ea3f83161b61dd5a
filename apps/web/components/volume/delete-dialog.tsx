"use client";

import { useMutation } from "@tanstack/react-query";
import { useTranslations } from "next-intl";
import type { VolumeRow } from "../../lib/rows.ts";
import { useTRPC } from "../../lib/trpc.ts";
import { ConfirmDialog } from "../ui/confirm-dialog.tsx";
import { FailureNotice } from "../ui/failure-notice.tsx";
import { useVolumeChange } from "./use-volumes.ts";

type DeleteDialogProps = { projectId: string; volume: VolumeRow; onClose: () => void };

/** Its name is typed where snapshots go with it: data dies that nobody looks at now. */
export function DeleteDialog({ projectId, volume, onClose }: DeleteDialogProps) {
  const t = useTranslations("volumes");
  const { failure, options } = useVolumeChange(onClose);
  const remove = useMutation(useTRPC().volume.delete.mutationOptions(options));
  const { id, name, snapshotsKept } = volume;
  const snapshots = snapshotsKept > 0;
  return (
    <ConfirmDialog
      open
      danger
      pending={remove.isPending}
      onClose={onClose}
      title={t("deleteTitle", { name })}
      about={t(snapshots ? "deleteWithSnapshots" : "deleteAbout", { count: snapshotsKept })}
      verb={t("deleteVerb")}
      typed={snapshots ? { expected: name, label: t("deleteTyped", { name }) } : null}
      onConfirm={() => remove.mutate({ projectId, id, snapshots })}
    >
      {failure ? <FailureNotice failure={failure} /> : null}
    </ConfirmDialog>
  );
}
