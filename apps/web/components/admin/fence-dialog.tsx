"use client";

import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useTranslations } from "next-intl";
import type { HypervisorRow } from "../../lib/rows.ts";
import { useTRPC } from "../../lib/trpc.ts";
import { useFailureToast } from "../../lib/use-failure-toast.ts";
import { ConfirmDialog } from "../ui/confirm-dialog.tsx";

/** Why a hypervisor can't be fenced now; null when it can. The server judges by the same. */
export function useFenceBlocked({ state, fencePending }: HypervisorRow): string | null {
  const t = useTranslations("admin.fence");
  if (fencePending) return t("pending");
  if (state === "fenced") return t("already");
  if (state === "joining") return t("neverSeen");
  return state === "down" || state === "revoked" ? null : t("reports");
}

/** Says exactly what an administrator vouches for, what follows and what is lost. */
export function FenceDialog({ hypervisor, onClose }: { hypervisor: HypervisorRow; onClose: () => void }) {
  const t = useTranslations("admin.fence");
  const trpc = useTRPC();
  const queries = useQueryClient();
  const fail = useFailureToast();
  const fence = useMutation(
    trpc.admin.hypervisor.fence.mutationOptions({
      onSuccess: () => queries.invalidateQueries({ queryKey: trpc.admin.pathKey() }),
      onError: fail,
      onSettled: onClose,
    }),
  );
  const { id, name, guests } = hypervisor;
  return (
    <ConfirmDialog
      open
      danger
      pending={fence.isPending}
      onClose={onClose}
      title={t("title", { name })}
      about={
        <ul className="flex list-disc flex-col gap-1.5 pl-4">
          <li className="font-medium text-text">{t("onlyOff")}</li>
          <li>{t("follows", { count: guests })}</li>
          <li>{t("lost")}</li>
          <li>{t("back")}</li>
        </ul>
      }
      verb={t("verb")}
      typed={{ expected: name, label: t("type", { name }) }}
      onConfirm={() => fence.mutate({ id, name })}
    />
  );
}
