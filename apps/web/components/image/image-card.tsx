"use client";

import Link from "next/link";
import { useTranslations } from "next-intl";
import { bytesText, diskText, memoryText } from "../../lib/amount.ts";
import { errorText, type Translate } from "../../lib/error-text.ts";
import type { ImageRow } from "../../lib/rows.ts";
import { usePermission } from "../../lib/use-permission.ts";
import { distroText, ImageMark } from "./image-mark.tsx";
import { ImageStatusMark } from "./image-status.tsx";
import { LaunchLink } from "./launch-link.tsx";
import { ProgressLine } from "./progress-line.tsx";
import { VisibilityMark } from "./visibility-mark.tsx";

type ImageCardProps = { projectId: string; image: ImageRow };

/** An image as one chooses it: what is on it, how large it is, what it needs, whether it can be used. */
export function ImageCard({ projectId, image }: ImageCardProps) {
  const t: Translate = useTranslations();
  const mayGoOn = usePermission("image:create", projectId) && image.projectId === projectId;
  return (
    <article className="flex min-h-36 flex-1 flex-col gap-3 p-4" aria-label={image.name}>
      <div className="flex min-w-0 items-start gap-3">
        <ImageMark image={image} />
        <div className="min-w-0 flex-1">
          <h3 className="text-body font-semibold">
            <Link
              href={`/p/${projectId}/images/${image.id}`}
              title={image.name}
              className="line-clamp-2 break-words text-accent hover:underline"
            >
              {image.name}
            </Link>
          </h3>
          <p className="line-clamp-2 text-label break-words text-muted">
            {[distroText(image), image.description].filter(Boolean).join(" · ")}
          </p>
        </div>
      </div>
      <SizeLine image={image} />
      {image.fault ? <p className="text-label text-danger">{errorText(t, image.fault)}</p> : null}
      <ProgressLine image={image} mayGoOn={mayGoOn} />
      <div className="mt-auto flex flex-wrap items-end justify-between gap-2 text-table">
        <ImageStatusMark status={image.status} />
        <LaunchLink projectId={projectId} image={image} small />
      </div>
    </article>
  );
}

/** Nothing where nothing is known yet. */
function SizeLine({ image }: { image: ImageRow }) {
  const t = useTranslations("images.card");
  const { sizeBytes, virtualSizeBytes, minDiskGib, minRamMib } = image;
  const needs = [minRamMib > 0 ? memoryText(minRamMib) : null, minDiskGib > 0 ? diskText(minDiskGib) : null];
  const words = [
    sizeBytes > 0 ? t("size", { size: bytesText(sizeBytes), disk: bytesText(virtualSizeBytes) }) : null,
    needs.some(Boolean) ? t("needs", { what: needs.filter(Boolean).join(" · ") }) : null,
  ].filter((one) => one !== null);
  if (words.length === 0 && image.visibility === "private") return null;
  return (
    <p className="flex flex-wrap items-center gap-x-2 gap-y-1 text-label text-muted tabular-nums">
      {words.map((one) => (
        <span key={one}>{one}</span>
      ))}
      <VisibilityMark image={image} />
    </p>
  );
}
