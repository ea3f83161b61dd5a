"use client";

import { typeUsage } from "@madang/core/quota/type-resource";
import { snapshotLimit } from "@madang/core/volume/volume-input";
import { useMutation, useQuery } from "@tanstack/react-query";
import { useTranslations } from "next-intl";
import { useId, useState } from "react";
import type { VolumeRow } from "../../lib/rows.ts";
import { useTRPC } from "../../lib/trpc.ts";
import { limitWords } from "../admin/volume-limits.ts";
import { QuotaArithmetic } from "../quota/quota-arithmetic.tsx";
import { QuotaBlock } from "../quota/quota-block.tsx";
import { useRoom } from "../quota/use-room.ts";
import { Button } from "../ui/button.tsx";
import { Dialog } from "../ui/dialog.tsx";
import { FailureNotice } from "../ui/failure-notice.tsx";
import { Field } from "../ui/field.tsx";
import { Select } from "../ui/input.tsx";
import { useVolumeTypes } from "./use-volume-types.ts";
import { useVolumeChange } from "./use-volumes.ts";

type RetypeDialogProps = { projectId: string; volume: VolumeRow; onClose: () => void };

/** Another type: its speed counts at once, and what the volume and its snapshots take counts in its limits. */
export function RetypeDialog({ projectId, volume, onClose }: RetypeDialogProps) {
  const t = useTranslations("volumes");
  const tLimits = useTranslations("admin.volumeTypes");
  const tCommon = useTranslations("common");
  const formId = useId();
  const [typeId, setTypeId] = useState("");
  const [tried, setTried] = useState(false);
  const others = useVolumeTypes(projectId).types.filter(({ id }) => id !== volume.volumeTypeId);
  const type = others.find(({ id }) => id === typeId);
  const wanted = useWanted(projectId, volume, type?.id ?? null);
  const room = useRoom(projectId, wanted);
  const { failure, options } = useVolumeChange(onClose);
  const retype = useMutation(useTRPC().volume.retype.mutationOptions(options));
  const blocked = others.length === 0 ? t("retypeNone") : room.blocked;
  return (
    <Dialog
      open
      onOpenChange={(open) => (open ? undefined : onClose())}
      title={t("retypeTitle", { name: volume.name })}
      about={t(volume.attachment ? "retypeAttached" : "retypeAbout")}
      footer={
        <>
          <Button onClick={onClose}>{tCommon("cancel")}</Button>
          <Button tone="primary" type="submit" form={formId} blocked={blocked} disabled={retype.isPending}>
            {t("retypeVerb")}
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
          if (!blocked && type) retype.mutate({ projectId, id: volume.id, volumeTypeId: type.id });
        }}
      >
        {failure ? <FailureNotice failure={failure} /> : null}
        <p className="text-table text-muted">{t("retypeNow", { name: volume.volumeTypeName })}</p>
        <Field
          label={t("retypeTo")}
          error={tried && !type ? t("retypeWanted") : undefined}
          help={
            type
              ? [type.description, ...limitWords(tLimits, type.qos)].filter(Boolean).join(" · ")
              : undefined
          }
        >
          {(control) => (
            <Select {...control} value={typeId} onChange={(event) => setTypeId(event.target.value)}>
              <option value="">{t("choose")}</option>
              {others.map(({ id, name }) => (
                <option key={id} value={id}>
                  {name}
                </option>
              ))}
            </Select>
          )}
        </Field>
        <QuotaArithmetic lines={room.lines} wanted={wanted} shown={[]} />
        <QuotaBlock projectId={projectId} lines={room.lines} wanted={wanted} />
      </form>
    </Dialog>
  );
}

/** Of the new type: the volume with its snapshots. The project has them already. */
function useWanted(projectId: string, volume: VolumeRow, typeId: string | null) {
  const { snapshotCount: count, sizeGib, id } = volume;
  const trpc = useTRPC();
  const page = { projectId, filter: { volumeId: id }, limit: snapshotLimit };
  const snapshots = useQuery(trpc.volumeSnapshot.list.queryOptions(page));
  const gigabytes = (snapshots.data?.items ?? []).reduce((sum, one) => sum + one.sizeGib, sizeGib);
  return typeId === null ? {} : typeUsage(typeId, { volumes: 1, gigabytes, snapshots: count });
}
