"use client";

import { mtuOf } from "@madang/core/network/mtu";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useTranslations } from "next-intl";
import { useId, useState } from "react";
import { errorText, type Translate } from "../../lib/error-text.ts";
import { type Failure, failureOf } from "../../lib/failure.ts";
import type { NetworkRow } from "../../lib/rows.ts";
import { useTRPC } from "../../lib/trpc.ts";
import { Button } from "../ui/button.tsx";
import { Dialog } from "../ui/dialog.tsx";
import { FailureNotice } from "../ui/failure-notice.tsx";
import { useFocusFault } from "../ui/use-focus-fault.ts";
import { MtuField, type NetworkFaults, NetworkFields, readNetworkForm } from "./network-fields.tsx";

type EditNetworkDialogProps = {
  projectId: string;
  network: Pick<NetworkRow, "id" | "name" | "description" | "mtu" | "type">;
  onClose: () => void;
};

/** Its name, what it is for, and how large its frames may be. */
export function EditNetworkDialog({ projectId, network, onClose }: EditNetworkDialogProps) {
  const t: Translate = useTranslations();
  const formId = useId();
  const trpc = useTRPC();
  const queries = useQueryClient();
  const { name, description, mtu } = network;
  const [values, setValues] = useState({ name, description, mtu: String(mtu) });
  const [faults, setFaults] = useState<NetworkFaults>({});
  const form = useFocusFault(faults);
  const [failure, setFailure] = useState<Failure | null>(null);
  const update = useMutation(
    trpc.network.update.mutationOptions({
      onSuccess: onClose,
      onError: (thrown) => {
        const { error } = failureOf(thrown);
        if (error.field === "name" || error.field === "mtu")
          return setFaults({ [error.field]: errorText(t, error) });
        setFailure(failureOf(thrown));
      },
      onSettled: () => queries.invalidateQueries({ queryKey: trpc.network.pathKey() }),
    }),
  );
  const submit = () => {
    const read = readNetworkForm(t, values);
    setFailure(null);
    setFaults(read.faults);
    if (!read.asked) return;
    update.mutate({ projectId, id: network.id, ...read.asked, mtu: read.asked.mtu ?? mtuOf(network.type) });
  };
  return (
    <Dialog
      open
      onOpenChange={(open) => (open ? undefined : onClose())}
      title={t("networks.editTitle", { name: network.name })}
      footer={
        <>
          <Button onClick={onClose}>{t("common.cancel")}</Button>
          <Button tone="primary" type="submit" form={formId} disabled={update.isPending}>
            {t("networks.editVerb")}
          </Button>
        </>
      }
    >
      <form
        ref={form}
        id={formId}
        noValidate
        className="flex flex-col gap-4"
        onSubmit={(event) => {
          event.preventDefault();
          submit();
        }}
      >
        {failure ? <FailureNotice failure={failure} /> : null}
        <NetworkFields values={values} faults={faults} onChange={setValues} />
        <MtuField values={values} faults={faults} type={network.type} onChange={setValues} />
      </form>
    </Dialog>
  );
}
