"use client";

import { useTranslations } from "next-intl";
import { useFormContext } from "react-hook-form";
import { Notice } from "../ui/notice.tsx";
import type { LaunchForm } from "./form-schema.ts";
import type { Choices } from "./launch-form.tsx";
import { tyingVolumes } from "./volume-choice.ts";

/** What its volumes mean for where the instance runs; nothing where it has none. */
export function PlaceNote({ choices }: { choices: Choices }) {
  const t = useTranslations("launch.place");
  const { watch } = useFormContext<LaunchForm>();
  const [boot, disks] = watch(["boot", "disks"]);
  if (boot.kind === "image" && disks.length === 0) return null;
  const [tying] = tyingVolumes({ boot, disks }, choices);
  return (
    <Notice tone="info">{tying ? t("tied", { name: tying.name, zone: tying.zone ?? "" }) : t("free")}</Notice>
  );
}
