"use client";

import { zodResolver } from "@hookform/resolvers/zod";
import { minDiskGib, minRamMib, newImage, propertyName, propertyValue } from "@madang/core/image/image-input";
import { imageVisibilities } from "@madang/core/image/status";
import { useMutation } from "@tanstack/react-query";
import { useTranslations } from "next-intl";
import { useForm } from "react-hook-form";
import { z } from "zod";
import { fieldText, type Translate } from "../../lib/error-text.ts";
import type { ImageDetail } from "../../lib/rows.ts";
import { useTRPC } from "../../lib/trpc.ts";
import { usePermission } from "../../lib/use-permission.ts";
import { Button } from "../ui/button.tsx";
import { Dialog } from "../ui/dialog.tsx";
import { FailureNotice } from "../ui/failure-notice.tsx";
import { Field } from "../ui/field.tsx";
import { Input, Select, TextArea } from "../ui/input.tsx";
import { useImageChange } from "./use-image-change.ts";

/** One a line: name=value. null: a line is none. */
function propertiesOf(text: string): Record<string, string> | null {
  const lines = text.split("\n").filter((line) => line.trim() !== "");
  const pairs = lines.map((line) => {
    const at = line.indexOf("=");
    return [line.slice(0, at).trim(), line.slice(at + 1).trim()] as const;
  });
  const good = pairs.every(
    ([name, value]) => propertyName.safeParse(name).success && propertyValue.safeParse(value).success,
  );
  return good ? Object.fromEntries(pairs) : null;
}

const schema = z.object({
  name: newImage.shape.name,
  description: newImage.shape.description,
  visibility: z.enum(imageVisibilities),
  minDiskGib: z.number({ error: "numberRequired" }).pipe(minDiskGib),
  minRamMib: z.number({ error: "numberRequired" }).pipe(minRamMib),
  properties: z.string().refine((text) => propertiesOf(text) !== null, { error: "imagePropertyName" }),
});
type Values = z.input<typeof schema>;

type EditImageDialogProps = { projectId: string; image: ImageDetail; onClose: () => void };

export function EditImageDialog({ projectId, image, onClose }: EditImageDialogProps) {
  const t: Translate = useTranslations();
  const trpc = useTRPC();
  const mayPublish = usePermission("image:publish", null);
  const { failure, options } = useImageChange(onClose);
  const update = useMutation(trpc.image.update.mutationOptions(options));
  const { name, description } = image;
  const form = useForm<Values, unknown, z.output<typeof schema>>({
    resolver: zodResolver(schema),
    defaultValues: {
      ...{ name, description, minDiskGib: image.minDiskGib, minRamMib: image.minRamMib },
      visibility: imageVisibilities.find((one) => one === image.visibility) ?? "private",
      properties: Object.entries(image.properties)
        .map(([key, value]) => `${key}=${value}`)
        .join("\n"),
    },
  });
  const { errors } = form.formState;
  const submit = form.handleSubmit(({ properties, ...changes }) =>
    update.mutate({ projectId, id: image.id, ...changes, properties: propertiesOf(properties) ?? {} }),
  );
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
      <form noValidate className="flex flex-col gap-4" onSubmit={submit}>
        {failure ? <FailureNotice failure={failure} /> : null}
        <Field label={t("images.name")} error={fieldText(t, errors.name?.message)}>
          {(control) => <Input {...control} {...form.register("name")} autoComplete="off" />}
        </Field>
        <Field
          label={t("images.description")}
          optional={t("common.optional")}
          error={fieldText(t, errors.description?.message)}
        >
          {(control) => <Input {...control} {...form.register("description")} autoComplete="off" />}
        </Field>
        <Field label={t("images.visibility")} help={t(`images.visibilityHelp.${form.watch("visibility")}`)}>
          {(control) => (
            <Select {...control} {...form.register("visibility")}>
              {imageVisibilities
                .filter((one) => one !== "public" || mayPublish)
                .map((one) => (
                  <option key={one} value={one}>
                    {t(`images.visibilities.${one}`)}
                  </option>
                ))}
            </Select>
          )}
        </Field>
        <div className="grid gap-4 sm:grid-cols-2">
          <Field label={t("images.minDisk")} error={fieldText(t, errors.minDiskGib?.message)}>
            {(control) => (
              <Input
                {...control}
                {...form.register("minDiskGib", { valueAsNumber: true })}
                type="number"
                min={0}
              />
            )}
          </Field>
          <Field label={t("images.minRam")} error={fieldText(t, errors.minRamMib?.message)}>
            {(control) => (
              <Input
                {...control}
                {...form.register("minRamMib", { valueAsNumber: true })}
                type="number"
                min={0}
              />
            )}
          </Field>
        </div>
        <Field
          label={t("images.properties")}
          optional={t("common.optional")}
          help={t("images.propertiesHelp")}
          error={fieldText(t, errors.properties?.message)}
        >
          {(control) => (
            <TextArea
              {...control}
              {...form.register("properties")}
              spellCheck={false}
              className="font-mono"
            />
          )}
        </Field>
        <button type="submit" hidden aria-hidden tabIndex={-1} />
      </form>
    </Dialog>
  );
}
