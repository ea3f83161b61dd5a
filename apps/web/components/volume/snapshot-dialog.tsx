"use client";

import { displayName } from "@madang/core/instance/launch";
import { sumUsage } from "@madang/core/quota/resource";
import { volumeUsage } from "@madang/core/quota/type-resource";
import { useMutation } from "@tanstack/react-query";
import { useTranslations } from "next-intl";
import { useId, useState } from "react";
import { fieldText, type Translate } from "../../lib/error-text.ts";
import { useTRPC } from "../../lib/trpc.ts";
import { uuidV7 } from "../../lib/uuid-v7.ts";
import { QuotaArithmetic } from "../quota/quota-arithmetic.tsx";
import { QuotaBlock } from "../quota/quota-block.tsx";
import { useRoom } from "../quota/use-room.ts";
import { Button } from "../ui/button.tsx";
import { Dialog } from "../ui/dialog.tsx";
import { FailureNotice } from "../ui/failure-notice.tsx";
import { Field } from "../ui/field.tsx";
import { Input } from "../ui/input.tsx";
import { useVolumeChange } from "./use-volumes.ts";

const shown = ["snapshots", "gigabytes"] as const;
type Sized = { id: string; name: string; sizeGib: number; volumeTypeId: string };

type SnapshotDialogProps = {
  projectId: string;
  /** One volume, or all that an instance has. */
  of: { volume: Sized } | { instance: { id: string; name: string }; volumes: readonly Sized[] };
  onClose: () => void;
};

export function SnapshotDialog({ projectId, of, onClose }: SnapshotDialogProps) {
  const t: Translate = useTranslations();
  const formId = useId();
  const volumes = "volume" in of ? [of.volume] : of.volumes;
  const [ids] = useState(() => volumes.map(() => uuidV7()));
  const [name, setName] = useState("");
  const [tried, setTried] = useState(false);
  const wanted = sumUsage(
    ...volumes.map(({ volumeTypeId, sizeGib }) =>
      volumeUsage(volumeTypeId, { snapshots: 1, gigabytes: sizeGib }),
    ),
  );
  const { lines, blocked } = useRoom(projectId, wanted);
  const { failure, options } = useVolumeChange(onClose);
  const create = useMutation(useTRPC().volumeSnapshot.create.mutationOptions(options));
  const fault = displayName.safeParse(name).error?.issues[0]?.message;
  const what = "volume" in of ? "one" : "all";
  const origin =
    "volume" in of
      ? { kind: "volume" as const, id: ids[0] ?? "", volumeId: of.volume.id }
      : { kind: "instance" as const, instanceId: of.instance.id, ids };
  const values = { name: "volume" in of ? of.volume.name : of.instance.name, count: volumes.length };
  return (
    <Dialog
      open
      onOpenChange={(open) => (open ? undefined : onClose())}
      title={t(`volumes.snapshot.${what}Title`, values)}
      about={t(`volumes.snapshot.${what}About`, values)}
      footer={
        <>
          <Button onClick={onClose}>{t("common.cancel")}</Button>
          <Button tone="primary" type="submit" form={formId} blocked={blocked} disabled={create.isPending}>
            {t("volumes.snapshot.verb")}
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
          setTried(true);
          if (!blocked && !fault) create.mutate({ projectId, name, of: origin });
        }}
      >
        {failure ? <FailureNotice failure={failure} /> : null}
        <Field label={t("volumes.nameLabel")} error={tried && fault ? fieldText(t, fault) : undefined}>
          {(control) => (
            <Input
              {...control}
              value={name}
              autoComplete="off"
              onChange={(event) => setName(event.target.value)}
            />
          )}
        </Field>
        <QuotaArithmetic lines={lines} wanted={wanted} shown={shown} />
        <QuotaBlock projectId={projectId} lines={lines} wanted={wanted} />
      </form>
    </Dialog>
  );
}
