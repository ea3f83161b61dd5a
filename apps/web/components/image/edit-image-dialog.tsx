"use client";

import { zodResolver } from "@hookform/resolvers/zod";
import { imageVisibilities } from "@madang/core/image/status";
import { useMutation } from "@tanstack/react-query";
import { useTranslations } from "next-intl";
import { FormProvider, useForm } from "react-hook-form";
import type { z } from "zod";
import type { Translate } from "../../lib/error-text.ts";
import type { ImageDetail } from "../../lib/rows.ts";
import { useTRPC } from "../../lib/trpc.ts";
import { Button } from "../ui/button.tsx";
import { Dialog } from "../ui/dialog.tsx";
import { FailureNotice } from "../ui/failure-notice.tsx";
import { ImageFieldSet } from "./image-field-set.tsx";
import { type ImageFieldValues, imageFields } from "./image-fields.ts";
import { fieldsOfProperties } from "./image-properties.ts";
import { useImageChange } from "./use-image-change.ts";

type EditImageDialogProps = { projectId: string; image: ImageDetail; onClose: () => void };

export function EditImageDialog({ projectId, image, onClose }: EditImageDialogProps) {
  const t: Translate = useTranslations();
  const trpc = useTRPC();
  const { failure, options } = useImageChange(onClose);
  const update = useMutation(trpc.image.update.mutationOptions(options));
  const { name, description } = image;
  const form = useForm<ImageFieldValues, unknown, z.output<typeof imageFields>>({
    resolver: zodResolver(imageFields),
    defaultValues: {
      ...{ name, description, minDiskGib: image.minDiskGib, minRamMib: image.minRamMib },
      visibility: imageVisibilities.find((one) => one === image.visibility) ?? "private",
      properties: fieldsOfProperties(image.properties),
    },
  });
  const submit = form.handleSubmit((changes) => update.mutate({ projectId, id: image.id, ...changes }));
  return (
    <Dialog
      open
      onOpenChange={(open) => (open ? undefined : onClose())}
      title={t("images.editTitle", { name: image.name })}
      footer={
        <>
          <Button onClick={onClose}>{t("common.cancel")}</Button>
          <Button tone="primary" disabled={update.isPending} onClick={submit}>
            {t("images.editVerb")}
          </Button>
        </>
      }
    >
      <FormProvider {...form}>
        <form noValidate className="flex flex-col gap-4" onSubmit={submit}>
          {failure ? <FailureNotice failure={failure} /> : null}
          <ImageFieldSet />
          <button type="submit" hidden aria-hidden tabIndex={-1} />
        </form>
      </FormProvider>
    </Dialog>
  );
}
