"use client";

import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useTranslations } from "next-intl";
import type { HypervisorRow, OrphanRow } from "../../lib/rows.ts";
import { useTRPC } from "../../lib/trpc.ts";
import { useFailureToast } from "../../lib/use-failure-toast.ts";
import { ConfirmDialog } from "../ui/confirm-dialog.tsx";

type DestroyDialogProps = { hypervisor: HypervisorRow; orphan: OrphanRow; onClose: () => void };

/** A name that was not given in this portal may be long or hard to type; its id is neither. */
const typedLimit = 24;

/** Of a guest of ours its disk goes too; of another tool's only its definition. */
export function DestroyDialog({ hypervisor, orphan, onClose }: DestroyDialogProps) {
  const t = useTranslations("admin.orphans");
  const trpc = useTRPC();
  const queries = useQueryClient();
  const fail = useFailureToast();
  const destroy = useMutation(
    trpc.admin.orphan.destroy.mutationOptions({
      onSuccess: () => queries.invalidateQueries({ queryKey: trpc.admin.pathKey() }),
      onError: fail,
      onSettled: onClose,
    }),
  );
  const given = orphan.name.trim();
  const expected = given && given.length <= typedLimit ? given : orphan.guestId.slice(0, 8);
  const name = given || orphan.guestId.slice(0, 8);
  const hears = hypervisor.state === "up" || hypervisor.state === "disabled";
  return (
    <ConfirmDialog
      open
      danger
      pending={destroy.isPending}
      onClose={onClose}
      title={t("destroyTitle", { name })}
      about={
        <>
          <p>{t(orphan.body ? "destroyAbout" : "destroyForeignAbout", { host: hypervisor.name })}</p>
          {hears ? null : <p className="mt-2">{t("destroyLater")}</p>}
        </>
      }
      verb={t("destroy")}
      typed={{ expected, label: t("destroyType", { name: expected }) }}
      onConfirm={() => destroy.mutate({ hypervisorId: hypervisor.id, guestId: orphan.guestId })}
    />
  );
}
