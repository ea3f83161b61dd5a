"use client";

import { useMutation } from "@tanstack/react-query";
import { useTranslations } from "next-intl";
import { useId, useState } from "react";
import type { VolumeRow } from "../../lib/rows.ts";
import { useTRPC } from "../../lib/trpc.ts";
import { Button } from "../ui/button.tsx";
import { CopyableId } from "../ui/copyable.tsx";
import { Dialog } from "../ui/dialog.tsx";
import { FailureNotice } from "../ui/failure-notice.tsx";
import { Field } from "../ui/field.tsx";
import { Input } from "../ui/input.tsx";
import { useVolumeChange } from "./use-volumes.ts";

type TransferDialogProps = { projectId: string; volume: VolumeRow; onClose: () => void };

/** Makes the key by which somebody in another project takes the volume over, and shows it this once. */
export function TransferDialog({ projectId, volume, onClose }: TransferDialogProps) {
  const t = useTranslations("volumes.transfer");
  const tCommon = useTranslations("common");
  const trpc = useTRPC();
  const kept = useVolumeChange(() => undefined);
  const closing = useVolumeChange(onClose);
  const offer = useMutation(trpc.volume.offerTransfer.mutationOptions(kept.options));
  const withdraw = useMutation(trpc.volume.withdrawTransfer.mutationOptions(closing.options));
  const one = { projectId, id: volume.id };
  const failure = kept.failure ?? closing.failure;
  return (
    <Dialog
      open
      insistent={offer.isSuccess}
      onOpenChange={(open) => (open ? undefined : onClose())}
      title={t("title", { name: volume.name })}
      about={t(volume.transferring && !offer.data ? "waiting" : "about")}
      footer={
        offer.data ? (
          <Button tone="primary" onClick={onClose}>
            {t("done")}
          </Button>
        ) : (
          <>
            <Button onClick={onClose}>{tCommon("cancel")}</Button>
            {volume.transferring ? (
              <Button disabled={withdraw.isPending} onClick={() => withdraw.mutate(one)}>
                {t("withdraw")}
              </Button>
            ) : null}
            <Button tone="primary" disabled={offer.isPending} onClick={() => offer.mutate(one)}>
              {t(volume.transferring ? "another" : "make")}
            </Button>
          </>
        )
      }
    >
      {failure ? <FailureNotice failure={failure} /> : null}
      {offer.data ? (
        <div className="flex flex-col gap-2">
          <p className="text-table">{t("key")}</p>
          <CopyableId whole id={offer.data.key} what={t("keyWord")} />
        </div>
      ) : null}
    </Dialog>
  );
}

/** Takes over what another project gives away. */
export function AcceptDialog({ projectId, onClose }: { projectId: string; onClose: () => void }) {
  const t = useTranslations("volumes.transfer");
  const tCommon = useTranslations("common");
  const formId = useId();
  const [key, setKey] = useState("");
  const { failure, options } = useVolumeChange(onClose);
  const accept = useMutation(useTRPC().volume.acceptTransfer.mutationOptions(options));
  const missing = key.trim() === "" ? t("keyWanted") : null;
  return (
    <Dialog
      open
      onOpenChange={(open) => (open ? undefined : onClose())}
      title={t("acceptTitle")}
      about={t("acceptAbout")}
      footer={
        <>
          <Button onClick={onClose}>{tCommon("cancel")}</Button>
          <Button tone="primary" type="submit" form={formId} blocked={missing} disabled={accept.isPending}>
            {t("accept")}
          </Button>
        </>
      }
    >
      <form
        id={formId}
        noValidate
        className="flex flex-col gap-4"
        onSubmit={(event) => {
          event.preventDefault();
          if (!missing) accept.mutate({ projectId, key });
        }}
      >
        {failure ? <FailureNotice failure={failure} /> : null}
        <Field label={t("keyWord")}>
          {(control) => (
            <Input
              {...control}
              value={key}
              autoComplete="off"
              spellCheck={false}
              className="font-mono"
              onChange={(event) => setKey(event.target.value)}
            />
          )}
        </Field>
      </form>
    </Dialog>
  );
}
