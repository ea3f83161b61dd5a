"use client";

import { zodResolver } from "@hookform/resolvers/zod";
import { type ImageFormat, imageFormats } from "@madang/core/image/format";
import { checksumAlgorithm } from "@madang/core/image/image-input";
import { useMutation } from "@tanstack/react-query";
import { useTranslations } from "next-intl";
import { type ChangeEvent, useState } from "react";
import { FormProvider, useForm } from "react-hook-form";
import { z } from "zod";
import { bytesText } from "../../lib/amount.ts";
import { fieldText, type Translate } from "../../lib/error-text.ts";
import { type Failure, failureOf } from "../../lib/failure.ts";
import { useTRPC } from "../../lib/trpc.ts";
import { uuidV7 } from "../../lib/uuid-v7.ts";
import { QuotaArithmetic } from "../quota/quota-arithmetic.tsx";
import { QuotaBlock } from "../quota/quota-block.tsx";
import { useRoom } from "../quota/use-room.ts";
import { Button } from "../ui/button.tsx";
import { Dialog } from "../ui/dialog.tsx";
import { FailureNotice } from "../ui/failure-notice.tsx";
import { Field } from "../ui/field.tsx";
import { Input, Select } from "../ui/input.tsx";
import { Segments } from "../ui/segments.tsx";
import { ImageFieldSet } from "./image-field-set.tsx";
import { imageFields } from "./image-fields.ts";
import { fieldsOfProperties } from "./image-properties.ts";
import { startUpload } from "./uploads.ts";
import { useImagesChanged } from "./use-image-change.ts";

const mib = 1024 ** 2;
const shownResources = ["images", "image_size"] as const;
const schema = imageFields.extend({
  url: z.string(),
  format: z.enum(["", ...imageFormats]),
  checksum: z
    .string()
    .trim()
    .toLowerCase()
    .refine((text) => text === "" || (/^[0-9a-f]+$/.test(text) && checksumAlgorithm(text) !== null), {
      error: "imageChecksumShape",
    }),
});
type Values = z.input<typeof schema>;

/** What the ending of a file's name says of it; "": it is looked at. */
function formatOf(name: string): ImageFormat | "" {
  const ending = /\.([a-z0-9]+)$/i.exec(name)?.[1]?.toLowerCase();
  if (ending === "img" || ending === "bin") return "";
  if (ending === "vpc") return "vhd";
  return imageFormats.find((format) => format === ending) ?? "";
}

type NewImageDialogProps = { projectId: string; onClose: () => void };

/** A file of one's own, or an address that the cloud fetches it from. */
export function NewImageDialog({ projectId, onClose }: NewImageDialogProps) {
  const t: Translate = useTranslations();
  const trpc = useTRPC();
  const changed = useImagesChanged();
  const [kind, setKind] = useState<"upload" | "url">("upload");
  const [file, setFile] = useState<File | null>(null);
  const [noFile, setNoFile] = useState(false);
  const [id, setId] = useState(uuidV7);
  const [failure, setFailure] = useState<Failure | null>(null);
  const image_size = kind === "upload" && file ? Math.ceil(file.size / mib) : 0;
  const wanted = { images: 1, image_size };
  const { lines, blocked } = useRoom(projectId, wanted);
  const form = useForm<Values, unknown, z.output<typeof schema>>({
    resolver: zodResolver(schema),
    defaultValues: {
      ...{ name: "", description: "", url: "", format: "", checksum: "", visibility: "private" },
      ...{ minDiskGib: 0, minRamMib: 0, properties: fieldsOfProperties({}) },
    },
  });
  const create = useMutation(
    trpc.image.create.mutationOptions({
      onSuccess: () => {
        if (kind === "upload" && file) startUpload(id, file, changed);
        onClose();
      },
      onError: (thrown) => {
        const refused = failureOf(thrown);
        if (refused.error.reason === "idInUse") setId(uuidV7());
        setFailure(refused);
      },
      onSettled: changed,
    }),
  );
  const choose = ({ target }: ChangeEvent<HTMLInputElement>) => {
    const chosen = target.files?.[0] ?? null;
    setFile(chosen);
    setNoFile(false);
    if (!chosen) return;
    form.setValue("format", formatOf(chosen.name));
    if (form.getValues("name") === "") form.setValue("name", chosen.name.replace(/\.[a-z0-9]{1,5}$/i, ""));
  };
  const submit = form.handleSubmit((values) => {
    if (blocked) return;
    if (kind === "upload" && !file) return setNoFile(true);
    setFailure(null);
    const { url, format, checksum, ...rest } = values;
    const algorithm = checksumAlgorithm(checksum);
    const source = kind === "upload" ? { kind, sizeBytes: file?.size ?? 0 } : { kind, url: url.trim() };
    create.mutate({
      ...{ projectId, id, source, ...rest, protected: false },
      format: format || null,
      checksum: algorithm ? { algorithm, value: checksum } : null,
    });
  });
  const { errors } = form.formState;
  return (
    <Dialog
      open
      onOpenChange={(open) => (open ? undefined : onClose())}
      title={t("images.new.title")}
      footer={
        <>
          <Button onClick={onClose}>{t("common.cancel")}</Button>
          <Button tone="primary" blocked={blocked} disabled={create.isPending} onClick={submit}>
            {t(`images.new.verbs.${kind}`)}
          </Button>
        </>
      }
    >
      <FormProvider {...form}>
        <form noValidate className="flex flex-col gap-4" onSubmit={submit}>
          {failure ? <FailureNotice failure={failure} /> : null}
          <Segments
            label={t("images.new.from")}
            value={kind}
            onChange={(next) => setKind(next === "url" ? "url" : "upload")}
            options={(["upload", "url"] as const).map((value) => ({
              value,
              label: t(`images.new.kinds.${value}`),
            }))}
          />
          {kind === "upload" ? (
            <Field
              label={t("images.new.file")}
              help={file ? bytesText(file.size) : t("images.new.fileHelp")}
              error={noFile ? t("images.new.fileMissing") : undefined}
            >
              {(control) => <Input {...control} type="file" className="h-auto py-1" onChange={choose} />}
            </Field>
          ) : (
            <Field
              label={t("images.new.url")}
              help={t("images.new.urlHelp")}
              error={fieldText(t, errors.url?.message)}
            >
              {(control) => (
                <Input
                  {...control}
                  {...form.register("url")}
                  type="url"
                  autoComplete="off"
                  spellCheck={false}
                />
              )}
            </Field>
          )}
          <ImageFieldSet
            beside={
              <Field label={t("images.format")} help={t("images.new.formatHelp")}>
                {(control) => (
                  <Select {...control} {...form.register("format")}>
                    <option value="">{t("images.new.detect")}</option>
                    {imageFormats.map((format) => (
                      <option key={format} value={format}>
                        {t(`images.formats.${format}`)}
                      </option>
                    ))}
                  </Select>
                )}
              </Field>
            }
          />
          <Field
            label={t("images.checksum")}
            optional={t("common.optional")}
            help={t("images.new.checksumHelp")}
            error={fieldText(t, errors.checksum?.message)}
          >
            {(control) => (
              <Input
                {...control}
                {...form.register("checksum")}
                autoComplete="off"
                spellCheck={false}
                className="font-mono"
              />
            )}
          </Field>
          <QuotaArithmetic lines={lines} wanted={wanted} shown={shownResources} />
          <QuotaBlock projectId={projectId} lines={lines} wanted={wanted} />
          <button type="submit" hidden aria-hidden tabIndex={-1} />
        </form>
      </FormProvider>
    </Dialog>
  );
}
