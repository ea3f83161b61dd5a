"use client";

import { useTranslations } from "next-intl";
import type { ImageRow } from "../../lib/rows.ts";

/** Who else sees it; nothing for what is the project's alone. */
export function VisibilityMark({ image }: { image: Pick<ImageRow, "visibility" | "ownerName"> }) {
  const t = useTranslations("images");
  if (image.visibility === "private") return null;
  const known = ["shared", "community", "public"].find((one) => one === image.visibility) ?? "shared";
  return (
    <span className="max-w-full rounded-full border px-1.5 py-px text-label font-normal break-words text-muted">
      {image.ownerName ? t("sharedBy", { project: image.ownerName }) : t(`visibilities.${known}`)}
    </span>
  );
}
