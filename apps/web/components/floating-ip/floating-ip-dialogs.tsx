"use client";

import { description } from "@madang/core/network/subnet-input";
import { useMutation } from "@tanstack/react-query";
import { useTranslations } from "next-intl";
import { useState } from "react";
import { toast } from "sonner";
import { fieldText, type Translate } from "../../lib/error-text.ts";
import type { FloatingIpRow } from "../../lib/rows.ts";
import { useTRPC } from "../../lib/trpc.ts";
import { Button } from "../ui/button.tsx";
import { ConfirmDialog } from "../ui/confirm-dialog.tsx";
import { Dialog } from "../ui/dialog.tsx";
import { FailureNotice } from "../ui/failure-notice.tsx";
import { Field } from "../ui/field.tsx";
import { Input } from "../ui/input.tsx";
import { leadsTo } from "./floating-ip-state.tsx";
import { useFloatingIpChange } from "./use-floating-ip-change.ts";

type FloatingIpDialogProps = { ip: FloatingIpRow; onClose: () => void };

export function DisassociateDialog({ ip, onClose }: FloatingIpDialogProps) {
  const t = useTranslations("floatingIps");
  const trpc = useTRPC();
  const { failure, options } = useFloatingIpChange(onClose);
  const disassociate = useMutation(trpc.floatingIp.disassociate.mutationOptions(options));
  const words = { address: ip.address, target: leadsTo(ip) };
  return (
    <ConfirmDialog
      open
      danger
      pending={disassociate.isPending}
      onClose={onClose}
      title={t("disassociateTitle", words)}
      about={t("disassociateAbout", words)}
      verb={t("disassociate")}
      onConfirm={() => disassociate.mutate({ projectId: ip.projectId, id: ip.id })}
    >
      {failure ? <FailureNotice failure={failure} /> : null}
    </ConfirmDialog>
  );
}

export function ReleaseDialog({ ip, onClose }: FloatingIpDialogProps) {
  const t = useTranslations("floatingIps");
  const trpc = useTRPC();
  const { address } = ip;
  const { failure, options } = useFloatingIpChange(() => {
    toast.success(t("released", { address }));
    onClose();
  });
  const release = useMutation(trpc.floatingIp.release.mutationOptions(options));
  return (
    <ConfirmDialog
      open
      danger
      pending={release.isPending}
      onClose={onClose}
      title={t("releaseTitle", { address })}
      about={
        <>
          {ip.portId ? <p className="mb-2">{t("releaseLeads", { target: leadsTo(ip) })}</p> : null}
          <p>{t("releaseAbout")}</p>
        </>
      }
      verb={t("releaseVerb", { address })}
      onConfirm={() => release.mutate({ projectId: ip.projectId, id: ip.id })}
    >
      {failure ? <FailureNotice failure={failure} /> : null}
    </ConfirmDialog>
  );
}

export function DescribeDialog({ ip, onClose }: FloatingIpDialogProps) {
  const t: Translate = useTranslations();
  const trpc = useTRPC();
  const [text, setText] = useState(ip.description);
  const { failure, options } = useFloatingIpChange(onClose);
  const update = useMutation(trpc.floatingIp.update.mutationOptions(options));
  const parsed = description.safeParse(text);
  const fault = parsed.success ? undefined : parsed.error.issues[0]?.message;
  const save = () => {
    if (parsed.success) update.mutate({ projectId: ip.projectId, id: ip.id, description: parsed.data });
  };
  return (
    <Dialog
      open
      onOpenChange={(open) => (open ? undefined : onClose())}
      title={t("floatingIps.editTitle", { address: ip.address })}
      footer={
        <>
          <Button onClick={onClose}>{t("common.cancel")}</Button>
          <Button tone="primary" disabled={update.isPending || !parsed.success} onClick={save}>
            {t("floatingIps.editVerb")}
          </Button>
        </>
      }
    >
      <form
        noValidate
        className="flex flex-col gap-4"
        onSubmit={(event) => {
          event.preventDefault();
          save();
        }}
      >
        {failure ? <FailureNotice failure={failure} /> : null}
        <Field label={t("floatingIps.description")} error={fieldText(t, fault)}>
          {(control) => (
            <Input
              {...control}
              value={text}
              autoComplete="off"
              onChange={(event) => setText(event.target.value)}
            />
          )}
        </Field>
      </form>
    </Dialog>
  );
}
