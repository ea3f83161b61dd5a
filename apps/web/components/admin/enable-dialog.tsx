"use client";

import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useTranslations } from "next-intl";
import { useState } from "react";
import type { HypervisorRow } from "../../lib/rows.ts";
import { useTRPC } from "../../lib/trpc.ts";
import { useFailureToast } from "../../lib/use-failure-toast.ts";
import { ConfirmDialog } from "../ui/confirm-dialog.tsx";
import { Field } from "../ui/field.tsx";
import { Input } from "../ui/input.tsx";

const reasonLimit = 255;

/** Takes a hypervisor out of placement, with a reason on the record, or back in. */
export function EnableDialog({ hypervisor, onClose }: { hypervisor: HypervisorRow; onClose: () => void }) {
  const t = useTranslations("admin.hypervisors");
  const trpc = useTRPC();
  const queries = useQueryClient();
  const fail = useFailureToast();
  const [reason, setReason] = useState("");
  const disabling = hypervisor.enabled;
  const change = useMutation(
    trpc.admin.hypervisor.setEnabled.mutationOptions({
      onSuccess: () => queries.invalidateQueries({ queryKey: trpc.admin.pathKey() }),
      onError: fail,
      onSettled: onClose,
    }),
  );
  const key = disabling ? "disable" : "enable";
  return (
    <ConfirmDialog
      open
      onClose={onClose}
      pending={change.isPending}
      title={t(`${key}Title`, { name: hypervisor.name })}
      about={t(`${key}About`)}
      verb={t(key)}
      onConfirm={() => change.mutate({ id: hypervisor.id, enabled: !disabling, reason: reason.trim() })}
    >
      {disabling ? (
        <Field label={t("reason")} help={t("reasonHelp")}>
          {(control) => (
            <Input
              {...control}
              value={reason}
              maxLength={reasonLimit}
              onChange={(event) => setReason(event.target.value)}
            />
          )}
        </Field>
      ) : null}
    </ConfirmDialog>
  );
}
