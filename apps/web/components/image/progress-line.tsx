"use client";

import { useTranslations } from "next-intl";
import { useState } from "react";
import { bytesText } from "../../lib/amount.ts";
import type { Translate } from "../../lib/error-text.ts";
import type { ImageRow } from "../../lib/rows.ts";
import { CancelImage } from "./cancel-image.tsx";
import { isUnderWay } from "./image-status.tsx";
import { ProgressBar } from "./progress-bar.tsx";
import { UploadProgressLine } from "./upload-progress.tsx";

type ProgressLineProps = {
  image: ImageRow;
  /** Whoever looks may go on with it and end it. */
  mayGoOn: boolean;
};

/** How far an image is on its way, whichever way it comes, and what can be done about it; nothing once it is there. */
export function ProgressLine({ image, mayGoOn }: ProgressLineProps) {
  if (!isUnderWay(image.status)) return null;
  if (image.origin === "upload" && image.status !== "importing")
    return <UploadProgressLine image={image} mayGoOn={mayGoOn} />;
  return <WorkLine image={image} mayGoOn={mayGoOn} />;
}

/** Of what the cloud does by itself: fetching, inspecting, converting. */
function WorkLine({ image, mayGoOn }: ProgressLineProps) {
  const t: Translate = useTranslations();
  const bytesPerSecond = useSpeed(image.uploadedBytes);
  const { progress, status, uploadedBytes } = image;
  if (!progress) return null;
  const fetched = status !== "importing" && uploadedBytes > 0;
  const words = [
    progress.step && t.has(`steps.${progress.step}`) ? t(`steps.${progress.step}`) : null,
    `${progress.percent}%`,
    fetched ? bytesText(uploadedBytes) : null,
    fetched && bytesPerSecond ? t("images.upload.speed", { amount: bytesText(bytesPerSecond) }) : null,
  ];
  return (
    <span className="flex min-w-40 flex-col gap-1">
      <ProgressBar label={t("images.upload.working", { name: image.name })} percent={progress.percent} />
      <span className="flex items-center justify-between gap-1 text-label text-muted tabular-nums">
        {words.filter((one) => one !== null).join(" · ")}
        {mayGoOn ? <CancelImage image={image} /> : null}
      </span>
    </span>
  );
}

type Look = { bytes: number; at: number; bytesPerSecond: number | null };

/** Between two looks at it, bytes a second; null: it has not moved yet. */
function useSpeed(bytes: number): number | null {
  const [look, setLook] = useState<Look>(() => ({ bytes, at: performance.now(), bytesPerSecond: null }));
  if (bytes !== look.bytes) {
    const at = performance.now();
    const grown = bytes > look.bytes && at > look.at;
    setLook({ bytes, at, bytesPerSecond: grown ? ((bytes - look.bytes) * 1_000) / (at - look.at) : null });
  }
  return look.bytesPerSecond;
}
