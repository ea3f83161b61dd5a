"use client";

import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useTranslations } from "next-intl";
import { useState } from "react";
import { type Failure, failureOf } from "../../lib/failure.ts";
import { useTRPC } from "../../lib/trpc.ts";
import { ConfirmDialog } from "../ui/confirm-dialog.tsx";
import { FailureNotice } from "../ui/failure-notice.tsx";

type Doomed = { kind: "network" | "subnet" | "port"; id: string; name: string };
type DeleteDialogProps = { projectId: string; doomed: Doomed; onClose: () => void; onDeleted?: () => void };

/** Says what goes with it; why it can't go stays in the dialog. */
export function DeleteDialog({ projectId, doomed, onClose, onDeleted }: DeleteDialogProps) {
  const t = useTranslations("networks.delete");
  const trpc = useTRPC();
  const queries = useQueryClient();
  const [failure, setFailure] = useState<Failure | null>(null);
  const done = {
    onSuccess: () => {
      onClose();
      onDeleted?.();
    },
    onError: (thrown: unknown) => setFailure(failureOf(thrown)),
    onSettled: () => {
      for (const key of [
        trpc.network.pathKey(),
        trpc.subnet.pathKey(),
        trpc.port.pathKey(),
        trpc.project.quota.pathKey(),
      ])
        void queries.invalidateQueries({ queryKey: key });
    },
  };
  const verbs = {
    network: useMutation(trpc.network.delete.mutationOptions(done)),
    subnet: useMutation(trpc.subnet.delete.mutationOptions(done)),
    port: useMutation(trpc.port.delete.mutationOptions(done)),
  };
  const verb = verbs[doomed.kind];
  return (
    <ConfirmDialog
      open
      danger
      pending={verb.isPending}
      onClose={onClose}
      title={t(`${doomed.kind}.title`, { name: doomed.name })}
      about={t(`${doomed.kind}.about`)}
      verb={t(`${doomed.kind}.verb`)}
      onConfirm={() => {
        setFailure(null);
        verb.mutate({ projectId, id: doomed.id });
      }}
    >
      {failure ? <FailureNotice failure={failure} /> : null}
    </ConfirmDialog>
  );
}
