"use client";

import { useTranslations } from "next-intl";
import type { InstanceRow } from "../../lib/rows.ts";

/** The image that its root disk was made of, or the volume that it boots from. */
export function BootSource({ imageName, bootVolume }: Pick<InstanceRow, "imageName" | "bootVolume">) {
  const t = useTranslations("facts");
  if (imageName !== null) return imageName;
  return bootVolume ? t("fromVolume", { name: bootVolume.name }) : t("none");
}
