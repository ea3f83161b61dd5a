"use client";

import { useTranslations } from "next-intl";
import { bytesText } from "../../lib/amount.ts";
import type { Translate } from "../../lib/error-text.ts";
import type { ImageRow } from "../../lib/rows.ts";
import { useRate } from "../../lib/use-rate.ts";
import { CancelImage } from "./cancel-image.tsx";
import { isUnderWay } from "./image-status.tsx";
import { ProgressBar } from "./progress-bar.tsx";
import { timeLeft } from "./time-left.ts";
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
  const { progress, status, uploadedBytes } = image;
  const { done, total } = doneOf(image);
  const speed = useRate(`${image.id} ${status} ${progress?.step}`, done);
  if (!progress) return null;
  const left = total === null ? null : timeLeft(total - done, speed);
  const words = [
    progress.step && t.has(`steps.${progress.step}`) ? t(`steps.${progress.step}`) : null,
    `${progress.percent}%`,
    status !== "importing" && uploadedBytes > 0 ? bytesText(uploadedBytes) : null,
    speed ? t("images.upload.speed", { amount: bytesText(speed) }) : null,
    left ? t(`images.upload.stepLeft.${left.unit}`, { count: left.count }) : null,
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

/** Bytes of the present step. Those that come from an address are counted; of other steps the share of the file is known. */
function doneOf({ origin, status, uploadedBytes, uploadSizeBytes, progress }: ImageRow): {
  done: number;
  total: number | null;
} {
  if (origin === "url" && status !== "importing") return { done: uploadedBytes, total: null };
  const total = uploadSizeBytes ?? uploadedBytes;
  if (total === 0) return { done: 0, total: null };
  return { done: (total * (progress?.stepPercent ?? 0)) / 100, total };
}
