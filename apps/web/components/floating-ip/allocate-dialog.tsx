"use client";

import { zodResolver } from "@hookform/resolvers/zod";
import { ipv4 } from "@madang/core/network/cidr";
import { description } from "@madang/core/network/subnet-input";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useTranslations } from "next-intl";
import { useState } from "react";
import { useForm } from "react-hook-form";
import { toast } from "sonner";
import { z } from "zod";
import { errorText, fieldText, type Translate } from "../../lib/error-text.ts";
import { type Failure, failureOf } from "../../lib/failure.ts";
import { useTRPC } from "../../lib/trpc.ts";
import { uuidV7 } from "../../lib/uuid-v7.ts";
import { QuotaArithmetic } from "../quota/quota-arithmetic.tsx";
import { QuotaBlock } from "../quota/quota-block.tsx";
import { useRoom } from "../quota/use-room.ts";
import { ExternalField, useExternalNetworks } from "../router/external-field.tsx";
import { Button } from "../ui/button.tsx";
import { Dialog } from "../ui/dialog.tsx";
import { FailureNotice } from "../ui/failure-notice.tsx";
import { Field } from "../ui/field.tsx";
import { Input } from "../ui/input.tsx";

const schema = z.object({ address: z.union([z.literal(""), ipv4]), description });
type Values = z.infer<typeof schema>;
const wanted = { floating_ips: 1 };
const shownResources = ["floating_ips"] as const;

export function AllocateDialog({ projectId, onClose }: { projectId: string; onClose: () => void }) {
  const t: Translate = useTranslations();
  const trpc = useTRPC();
  const queries = useQueryClient();
  const [id, setId] = useState(uuidV7);
  const [failure, setFailure] = useState<Failure | null>(null);
  const networks = useExternalNetworks(projectId);
  const [first] = networks.data?.items ?? [];
  const [networkId = first?.id ?? "", setNetworkId] = useState<string>();
  const { lines, blocked } = useRoom(projectId, wanted);
  const form = useForm<Values>({
    resolver: zodResolver(schema),
    defaultValues: { address: "", description: "" },
  });
  const { errors } = form.formState;
  const allocate = useMutation(
    trpc.floatingIp.allocate.mutationOptions({
      onSuccess: ({ address }) => {
        toast.success(t("floatingIps.allocated", { address }));
        onClose();
      },
      onError: (thrown) => {
        const refused = failureOf(thrown);
        if (refused.error.reason === "idInUse") setId(uuidV7());
        if (refused.error.field !== "address") return setFailure(refused);
        const message = errorText(t, refused.error);
        form.setError("address", { message, type: "server" }, { shouldFocus: true });
      },
      onSettled: () => {
        for (const queryKey of [trpc.floatingIp.pathKey(), trpc.project.quota.pathKey()])
          void queries.invalidateQueries({ queryKey });
      },
    }),
  );
  const submit = form.handleSubmit(({ address, description: about }) => {
    if (blocked || !networkId) return;
    setFailure(null);
    allocate.mutate({ projectId, id, networkId, address: address || null, description: about });
  });
  const words = (of: keyof Values) =>
    errors[of]?.type === "server" ? errors[of].message : fieldText(t, errors[of]?.message);
  const missing = networks.isSuccess && !networkId ? t("floatingIps.noExternal") : null;
  return (
    <Dialog
      open
      onOpenChange={(open) => (open ? undefined : onClose())}
      title={t("floatingIps.allocateTitle")}
      footer={
        <>
          <Button onClick={onClose}>{t("common.cancel")}</Button>
          <Button tone="primary" blocked={missing ?? blocked} disabled={allocate.isPending} onClick={submit}>
            {t("floatingIps.allocateVerb")}
          </Button>
        </>
      }
    >
      <form noValidate className="flex flex-col gap-4" onSubmit={submit}>
        {failure ? <FailureNotice failure={failure} /> : null}
        <ExternalField
          projectId={projectId}
          label={t("floatingIps.network")}
          select={{ value: networkId, onChange: (event) => setNetworkId(event.target.value) }}
        />
        <Field
          label={t("floatingIps.address")}
          optional={t("common.optional")}
          help={t("floatingIps.addressHelp")}
          error={words("address")}
        >
          {(control) => (
            <Input
              {...control}
              {...form.register("address")}
              autoComplete="off"
              spellCheck={false}
              className="font-mono"
            />
          )}
        </Field>
        <Field
          label={t("floatingIps.description")}
          optional={t("common.optional")}
          error={words("description")}
        >
          {(control) => <Input {...control} {...form.register("description")} autoComplete="off" />}
        </Field>
        <QuotaArithmetic lines={lines} wanted={wanted} shown={shownResources} />
        <QuotaBlock projectId={projectId} lines={lines} wanted={wanted} />
        <button type="submit" hidden aria-hidden tabIndex={-1} />
      </form>
    </Dialog>
  );
}
