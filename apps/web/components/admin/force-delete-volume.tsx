"use client";

import { volumeActionBlocked } from "@madang/core/volume/action";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useTranslations } from "next-intl";
import { useState } from "react";
import type { AnyVolumeRow } from "../../lib/rows.ts";
import { useTRPC } from "../../lib/trpc.ts";
import { useFailureToast } from "../../lib/use-failure-toast.ts";
import { usePermission } from "../../lib/use-permission.ts";
import { Button } from "../ui/button.tsx";
import { ConfirmDialog } from "../ui/confirm-dialog.tsx";
import { actionViewOf } from "../volume/action-view.ts";

/** For a volume whose hypervisor gives no answer; its whole name is typed, for it is what the control plane asks for. */
export function ForceDeleteVolume({ volume }: { volume: AnyVolumeRow }) {
  const t = useTranslations("admin.storage");
  const tReasons = useTranslations("reasons");
  const may = usePermission("volume:force_delete", null);
  const [asked, setAsked] = useState(false);
  const reason = volumeActionBlocked("forceDelete", actionViewOf(volume));
  const stands = reason ? tReasons(reason) : null;
  return (
    <>
      <Button
        size="small"
        tone="dangerQuiet"
        blocked={may ? stands : tReasons("notPermitted")}
        onClick={() => setAsked(true)}
      >
        {t("forceDelete")}
      </Button>
      {asked ? <ForceDeleteDialog volume={volume} onClose={() => setAsked(false)} /> : null}
    </>
  );
}

function ForceDeleteDialog({ volume, onClose }: { volume: AnyVolumeRow; onClose: () => void }) {
  const t = useTranslations("admin.storage");
  const trpc = useTRPC();
  const queries = useQueryClient();
  const fail = useFailureToast();
  const { id, name, hypervisorName, snapshotsKept } = volume;
  const force = useMutation(
    trpc.admin.volume.forceDelete.mutationOptions({
      onSuccess: () => queries.invalidateQueries({ queryKey: trpc.admin.pathKey() }),
      onError: fail,
      onSettled: onClose,
    }),
  );
  return (
    <ConfirmDialog
      open
      danger
      pending={force.isPending}
      onClose={onClose}
      title={t("forceDeleteTitle", { name })}
      about={
        <>
          <p>{t("forceDeleteAbout", { count: snapshotsKept })}</p>
          {hypervisorName ? <p className="mt-2">{t("forceDeleteLeft", { host: hypervisorName })}</p> : null}
        </>
      }
      verb={t("forceDelete")}
      typed={{ expected: name, label: t("forceDeleteTyped", { name }) }}
      onConfirm={() => force.mutate({ id, name })}
    />
  );
}
