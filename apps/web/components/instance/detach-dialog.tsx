"use client";

import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useTranslations } from "next-intl";
import { useState } from "react";
import { type Failure, failureOf } from "../../lib/failure.ts";
import type { PortRow } from "../../lib/rows.ts";
import { useTRPC } from "../../lib/trpc.ts";
import { ConfirmDialog } from "../ui/confirm-dialog.tsx";
import { FailureNotice } from "../ui/failure-notice.tsx";

type DetachDialogProps = { projectId: string; instanceId: string; port: PortRow; onClose: () => void };

/** Says what becomes of the port and its address. */
export function DetachDialog({ projectId, instanceId, port, onClose }: DetachDialogProps) {
  const t = useTranslations("interfaces");
  const trpc = useTRPC();
  const queries = useQueryClient();
  const [failure, setFailure] = useState<Failure | null>(null);
  const detach = useMutation(
    trpc.instance.detachInterface.mutationOptions({
      onSuccess: onClose,
      onError: (thrown) => setFailure(failureOf(thrown)),
      onSettled: () => {
        for (const key of [trpc.port.pathKey(), trpc.instance.pathKey(), trpc.project.quota.pathKey()])
          void queries.invalidateQueries({ queryKey: key });
      },
    }),
  );
  return (
    <ConfirmDialog
      open
      danger
      pending={detach.isPending}
      onClose={onClose}
      title={t("detachTitle", { name: port.addresses[0]?.address ?? port.mac })}
      about={t(port.deleteWithInstance ? "detachGone" : "detachKept")}
      verb={t("detach")}
      onConfirm={() => {
        setFailure(null);
        detach.mutate({ projectId, id: instanceId, portId: port.id });
      }}
    >
      {failure ? <FailureNotice failure={failure} /> : null}
    </ConfirmDialog>
  );
}
