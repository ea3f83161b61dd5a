"use client";

import { zodResolver } from "@hookform/resolvers/zod";
import { imageFormats } from "@madang/core/image/format";
import { checksumAlgorithm } from "@madang/core/image/image-input";
import { useTranslations } from "next-intl";
import { type ChangeEvent, useState } from "react";
import { FormProvider, useForm } from "react-hook-form";
import { z } from "zod";
import { bytesText } from "../../lib/amount.ts";
import { fieldText, type Translate } from "../../lib/error-text.ts";
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
import { formatOf, nameOf } from "./file-name.ts";
import { ImageFieldSet } from "./image-field-set.tsx";
import { imageFields } from "./image-fields.ts";
import { fieldsOfProperties } from "./image-properties.ts";
import { useNewImages } from "./use-new-images.ts";

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

/** A file under the id that its image gets, however often it is tried. */
type Chosen = { id: string; file: File };

type NewImageDialogProps = { projectId: string; onClose: () => void };

/** Files of one's own, or an address that the cloud fetches it from. */
export function NewImageDialog({ projectId, onClose }: NewImageDialogProps) {
  const t: Translate = useTranslations();
  const [kind, setKind] = useState<"upload" | "url">("upload");
  const [chosen, setChosen] = useState<Chosen[]>([]);
  const [noFile, setNoFile] = useState(false);
  const [urlId, setUrlId] = useState(uuidV7);
  const files = kind === "upload" ? chosen : [];
  const sizes = files.map(({ file }) => Math.ceil(file.size / mib));
  const image_size = sizes.reduce((sum, size) => sum + size, 0);
  const wanted = { images: Math.max(1, files.length), image_size };
  const several = files.length > 1;
  const { lines, blocked } = useRoom(projectId, wanted);
  const form = useForm<Values, unknown, z.output<typeof schema>>({
    resolver: zodResolver(schema),
    defaultValues: {
      ...{ name: "", description: "", url: "", format: "", checksum: "", visibility: "private" },
      ...{ minDiskGib: 0, minRamMib: 0, properties: fieldsOfProperties({}) },
    },
  });
  const { make, failure, pending } = useNewImages({
    projectId,
    // Should the next be refused, only what is left is tried again.
    onMade: (id) => setChosen((before) => before.filter((one) => one.id !== id)),
    onRefused: (id, reason) => {
      if (reason !== "idInUse") return;
      setUrlId(uuidV7());
      setChosen((before) => before.map((one) => (one.id === id ? { ...one, id: uuidV7() } : one)));
    },
    onAll: onClose,
  });
  const choose = ({ target }: ChangeEvent<HTMLInputElement>) => {
    const [first, ...rest] = [...(target.files ?? [])].map((file) => ({ id: uuidV7(), file }));
    setChosen(first ? [first, ...rest] : []);
    setNoFile(false);
    if (!first) return;
    const { name } = first.file;
    form.setValue("format", rest.length > 0 ? "" : formatOf(name));
    if (form.getValues("name") === "" || rest.length > 0) form.setValue("name", nameOf(name));
  };
  const submit = form.handleSubmit(async (values) => {
    if (blocked || pending) return;
    if (kind === "upload" && files.length === 0) return setNoFile(true);
    const { url, format, checksum, ...rest } = values;
    const algorithm = checksumAlgorithm(checksum);
    const plain = { ...rest, protected: false, format: format || null };
    const expected = algorithm && !several ? { algorithm, value: checksum } : null;
    const fetched = { id: urlId, source: { kind: "url" as const, url: url.trim() } };
    if (kind === "url")
      return await make([{ image: { ...plain, ...fetched, checksum: expected }, file: null }]);
    await make(
      files.map(({ id, file }) => {
        const source = { kind: "upload" as const, sizeBytes: file.size };
        const own = several ? { name: nameOf(file.name), format: formatOf(file.name) || null } : {};
        return { image: { ...plain, ...own, id, source, checksum: expected }, file };
      }),
    );
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
          <Button tone="primary" blocked={blocked} disabled={pending} onClick={submit}>
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
            <FileField chosen={files} missing={noFile} onChoose={choose} />
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
            named={!several}
            beside={
              several ? null : (
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
              )
            }
          />
          {several ? null : (
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
          )}
          <QuotaArithmetic lines={lines} wanted={wanted} shown={shownResources} />
          <QuotaBlock projectId={projectId} lines={lines} wanted={wanted} />
          <button type="submit" hidden aria-hidden tabIndex={-1} />
        </form>
      </FormProvider>
    </Dialog>
  );
}

type FileFieldProps = {
  chosen: readonly Chosen[];
  missing: boolean;
  onChoose: (event: ChangeEvent<HTMLInputElement>) => void;
};

function FileField({ chosen, missing, onChoose }: FileFieldProps) {
  const t = useTranslations("images.new");
  const size = bytesText(chosen.reduce((sum, { file }) => sum + file.size, 0));
  const [first, second] = chosen;
  const one = first ? size : t("fileHelp");
  const help = second ? `${t("files", { count: chosen.length, size })}. ${t("filesHelp")}` : one;
  return (
    <Field label={t("file")} help={help} error={missing ? t("fileMissing") : undefined}>
      {(control) => <Input {...control} type="file" multiple className="h-auto py-1" onChange={onChoose} />}
    </Field>
  );
}
