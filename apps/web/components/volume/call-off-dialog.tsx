"use client";

import { useMutation } from "@tanstack/react-query";
import { useTranslations } from "next-intl";
import type { VolumeRow } from "../../lib/rows.ts";
import { useTRPC } from "../../lib/trpc.ts";
import { ConfirmDialog } from "../ui/confirm-dialog.tsx";
import { FailureNotice } from "../ui/failure-notice.tsx";
import { useVolumeChange } from "./use-volumes.ts";

type CallOffDialogProps = { projectId: string; volume: VolumeRow; onClose: () => void };

/** Whether it was in time only the hypervisor can say; it never undoes what was done. */
export function CallOffDialog({ projectId, volume, onClose }: CallOffDialogProps) {
  const t = useTranslations("volumes");
  const { failure, options } = useVolumeChange(onClose);
  const callOff = useMutation(useTRPC().volume.callOffRevert.mutationOptions(options));
  return (
    <ConfirmDialog
      open
      pending={callOff.isPending}
      onClose={onClose}
      title={t("callOffTitle", { name: volume.name })}
      about={t("callOffAbout")}
      verb={t("actions.callOff")}
      onConfirm={() => callOff.mutate({ projectId, id: volume.id })}
    >
      {failure ? <FailureNotice failure={failure} /> : null}
    </ConfirmDialog>
  );
}
