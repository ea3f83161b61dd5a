"use client";

import { useMutation } from "@tanstack/react-query";
import { useTranslations } from "next-intl";
import type { VolumeRow } from "../../lib/rows.ts";
import { useTRPC } from "../../lib/trpc.ts";
import { ConfirmDialog } from "../ui/confirm-dialog.tsx";
import { FailureNotice } from "../ui/failure-notice.tsx";
import { useVolumeChange } from "./use-volumes.ts";

type DetachDialogProps = { projectId: string; volume: VolumeRow; onClose: () => void };

/** Says what happens to a disk that is mounted: a guest is not asked. */
export function DetachDialog({ projectId, volume, onClose }: DetachDialogProps) {
  const t = useTranslations("volumes");
  const { failure, options } = useVolumeChange(onClose);
  const detach = useMutation(useTRPC().volume.detach.mutationOptions(options));
  return (
    <ConfirmDialog
      open
      danger
      pending={detach.isPending}
      onClose={onClose}
      title={t("detachTitle", { name: volume.name, instance: volume.attachment?.instanceName ?? "" })}
      about={t("detachAbout", { serial: volume.id.slice(0, 20) })}
      verb={t("detachVerb")}
      onConfirm={() => detach.mutate({ projectId, id: volume.id })}
    >
      {failure ? <FailureNotice failure={failure} /> : null}
    </ConfirmDialog>
  );
}
