"use client";

import { volumeUsage } from "@madang/core/quota/type-resource";
import { useMutation } from "@tanstack/react-query";
import { useTranslations } from "next-intl";
import { useId, useState } from "react";
import type { VolumeRow } from "../../lib/rows.ts";
import { useTRPC } from "../../lib/trpc.ts";
import { QuotaArithmetic } from "../quota/quota-arithmetic.tsx";
import { QuotaBlock } from "../quota/quota-block.tsx";
import { useRoom } from "../quota/use-room.ts";
import { Button } from "../ui/button.tsx";
import { Dialog } from "../ui/dialog.tsx";
import { FailureNotice } from "../ui/failure-notice.tsx";
import { sizeOf } from "./size-draft.ts";
import { SizeField } from "./size-field.tsx";
import { useVolumeChange } from "./use-volumes.ts";

const shown = ["gigabytes"] as const;

type ExtendDialogProps = { projectId: string; volume: VolumeRow; onClose: () => void };

export function ExtendDialog({ projectId, volume, onClose }: ExtendDialogProps) {
  const t = useTranslations("volumes");
  const tCommon = useTranslations("common");
  const formId = useId();
  const least = volume.sizeGib + 1;
  const [size, setSize] = useState(String(volume.sizeGib + 10));
  const [tried, setTried] = useState(false);
  const gib = sizeOf(size);
  const wanted = volumeUsage(volume.volumeTypeId, { gigabytes: Math.max(0, (gib ?? 0) - volume.sizeGib) });
  const { lines, blocked } = useRoom(projectId, wanted);
  const { failure, options } = useVolumeChange(onClose);
  const extend = useMutation(useTRPC().volume.extend.mutationOptions(options));
  const wrong = gib === null || gib < least;
  return (
    <Dialog
      open
      onOpenChange={(open) => (open ? undefined : onClose())}
      title={t("extendTitle", { name: volume.name })}
      about={t(volume.attachment ? "extendAttached" : "extendAbout")}
      footer={
        <>
          <Button onClick={onClose}>{tCommon("cancel")}</Button>
          <Button tone="primary" type="submit" form={formId} blocked={blocked} disabled={extend.isPending}>
            {t("extendVerb")}
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
          if (!blocked && gib !== null && !wrong) extend.mutate({ projectId, id: volume.id, sizeGib: gib });
        }}
      >
        {failure ? <FailureNotice failure={failure} /> : null}
        <SizeField
          value={size}
          least={least}
          error={tried && wrong ? t("sizeWrong", { least }) : undefined}
          onChange={setSize}
        />
        <QuotaArithmetic lines={lines} wanted={wanted} shown={shown} />
        <QuotaBlock projectId={projectId} lines={lines} wanted={wanted} />
      </form>
    </Dialog>
  );
}
