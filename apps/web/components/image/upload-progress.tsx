"use client";

import { Pause, Play, Upload as UploadIcon } from "lucide-react";
import { useTranslations } from "next-intl";
import { type ChangeEvent, useRef, useState } from "react";
import { bytesText } from "../../lib/amount.ts";
import type { Translate } from "../../lib/error-text.ts";
import type { ImageRow } from "../../lib/rows.ts";
import { Button, IconButton } from "../ui/button.tsx";
import { CancelImage } from "./cancel-image.tsx";
import { ProgressBar } from "./progress-bar.tsx";
import { timeLeft } from "./time-left.ts";
import { pauseUpload, resumeUpload, startUpload, type UploadProgress, useUpload } from "./uploads.ts";
import { useImagesChanged } from "./use-image-change.ts";

type UploadOf = Pick<
  ImageRow,
  "id" | "name" | "projectId" | "origin" | "status" | "uploadedBytes" | "uploadSizeBytes"
>;

/** How far the file is, and what can be done about it; nothing when none is awaited. */
export function UploadProgressLine({ image, mayGoOn }: { image: UploadOf; mayGoOn: boolean }) {
  const t: Translate = useTranslations();
  const upload = useUpload(image.id);
  const total = image.uploadSizeBytes ?? 0;
  if (image.origin !== "upload" || !["queued", "saving"].includes(image.status)) return null;
  const sent = Math.max(upload?.sentBytes ?? 0, image.uploadedBytes);
  const percent = total === 0 ? 0 : Math.floor((sent * 100) / total);
  return (
    <span className="flex min-w-40 flex-col gap-1">
      <ProgressBar label={t("images.upload.progress", { name: image.name })} percent={percent} />
      <span className="flex items-center justify-between gap-1 text-label text-muted tabular-nums">
        {wordsOf(t, { sent, total, percent, speed: upload?.bytesPerSecond ?? null })}
        <span className="flex shrink-0 flex-wrap items-center justify-end gap-1">
          {upload ? <Control id={image.id} upload={upload} /> : null}
          {mayGoOn ? <CancelImage image={image} /> : null}
        </span>
      </span>
      {!upload && mayGoOn ? <ChooseAgain image={image} /> : null}
    </span>
  );
}

type Told = { sent: number; total: number; percent: number; speed: number | null };

function wordsOf(t: Translate, { sent, total, percent, speed }: Told): string {
  const left = timeLeft(total - sent, speed);
  const words = [
    t("images.upload.sent", { sent: bytesText(sent), total: bytesText(total), percent }),
    speed ? t("images.upload.speed", { amount: bytesText(speed) }) : null,
    left ? t(`images.upload.left.${left.unit}`, { count: left.count }) : null,
  ];
  return words.filter((one) => one !== null).join(" · ");
}

function Control({ id, upload }: { id: string; upload: UploadProgress }) {
  const t = useTranslations("images.upload");
  if (upload.state === "running" || upload.state === "queued")
    return (
      <>
        {upload.state === "queued" ? t("states.queued") : null}
        <IconButton label={t("pause")} size="iconSmall" onClick={() => pauseUpload(id)}>
          <Pause aria-hidden />
        </IconButton>
      </>
    );
  return (
    <>
      {t(`states.${upload.state}`)}
      {upload.state === "waiting" || upload.state === "signIn" ? null : (
        <IconButton label={t("resume")} size="iconSmall" onClick={() => resumeUpload(id)}>
          <Play aria-hidden />
        </IconButton>
      )}
    </>
  );
}

/** After a reload only its owner can hand the file over again. */
function ChooseAgain({ image }: { image: UploadOf }) {
  const t = useTranslations("images.upload");
  const input = useRef<HTMLInputElement>(null);
  const changed = useImagesChanged();
  const [other, setOther] = useState(false);
  const choose = ({ target }: ChangeEvent<HTMLInputElement>) => {
    const file = target.files?.[0];
    if (!file) return;
    setOther(file.size !== image.uploadSizeBytes);
    if (file.size === image.uploadSizeBytes) startUpload(image.id, file, changed);
    target.value = "";
  };
  return (
    <>
      <input ref={input} type="file" hidden aria-hidden tabIndex={-1} onChange={choose} />
      <Button size="small" className="w-fit" onClick={() => input.current?.click()}>
        <UploadIcon aria-hidden />
        {t("chooseAgain")}
      </Button>
      {other ? (
        <span role="alert" className="text-label text-danger">
          {t("otherFile", { size: bytesText(image.uploadSizeBytes ?? 0) })}
        </span>
      ) : null}
    </>
  );
}
