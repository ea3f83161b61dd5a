"use client";

import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useTranslations } from "next-intl";
import type { HypervisorRow } from "../../lib/rows.ts";
import { useTRPC } from "../../lib/trpc.ts";
import { useFailureToast } from "../../lib/use-failure-toast.ts";
import { ConfirmDialog } from "../ui/confirm-dialog.tsx";

export function RevokeDialog({ hypervisor, onClose }: { hypervisor: HypervisorRow; onClose: () => void }) {
  const t = useTranslations("admin.hypervisors");
  const trpc = useTRPC();
  const queries = useQueryClient();
  const fail = useFailureToast();
  const revoke = useMutation(
    trpc.admin.hypervisor.revoke.mutationOptions({
      onSuccess: () => queries.invalidateQueries({ queryKey: trpc.admin.pathKey() }),
      onError: fail,
      onSettled: onClose,
    }),
  );
  return (
    <ConfirmDialog
      open
      danger
      pending={revoke.isPending}
      onClose={onClose}
      title={t("revokeTitle", { name: hypervisor.name })}
      about={t("revokeAbout", { count: hypervisor.guests })}
      verb={t("revoke")}
      typed={{ expected: hypervisor.name, label: t("revokeType", { name: hypervisor.name }) }}
      onConfirm={() => revoke.mutate({ id: hypervisor.id })}
    />
  );
}
