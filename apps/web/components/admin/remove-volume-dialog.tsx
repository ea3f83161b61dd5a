"use client";

import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useTranslations } from "next-intl";
import { bytesText } from "../../lib/amount.ts";
import type { HypervisorRow, OrphanVolumeRow } from "../../lib/rows.ts";
import { useTRPC } from "../../lib/trpc.ts";
import { useFailureToast } from "../../lib/use-failure-toast.ts";
import { ConfirmDialog } from "../ui/confirm-dialog.tsx";

type RemoveVolumeDialogProps = { hypervisor: HypervisorRow; orphan: OrphanVolumeRow; onClose: () => void };

/** It has no name any more, so the beginning of its id is typed: all that is in it goes. */
export function RemoveVolumeDialog({ hypervisor, orphan, onClose }: RemoveVolumeDialogProps) {
  const t = useTranslations("admin.orphanVolumes");
  const trpc = useTRPC();
  const queries = useQueryClient();
  const fail = useFailureToast();
  const remove = useMutation(
    trpc.admin.orphanVolume.remove.mutationOptions({
      onSuccess: () => queries.invalidateQueries({ queryKey: trpc.admin.pathKey() }),
      onError: fail,
      onSettled: onClose,
    }),
  );
  const expected = orphan.volumeId.slice(0, 8);
  const size = bytesText(orphan.usedBytes);
  const hears = hypervisor.state === "up" || hypervisor.state === "disabled";
  return (
    <ConfirmDialog
      open
      danger
      pending={remove.isPending}
      onClose={onClose}
      title={t("removeTitle", { id: expected })}
      about={
        <>
          <p>{t("removeAbout", { host: hypervisor.name, size })}</p>
          {hears ? null : <p className="mt-2">{t("removeLater")}</p>}
        </>
      }
      verb={t("remove")}
      typed={{ expected, label: t("removeType", { id: expected }) }}
      onConfirm={() => remove.mutate({ hypervisorId: hypervisor.id, volumeId: orphan.volumeId })}
    />
  );
}
