"use client";

import Link from "next/link";
import { useTranslations } from "next-intl";
import { diskText } from "../../lib/amount.ts";
import type { InstanceDetail, VolumeRow } from "../../lib/rows.ts";
import { Fact } from "../ui/fact.tsx";
import { Section } from "../ui/section.tsx";
import { endOf } from "./volume-end.ts";

type RootDiskProps = { projectId: string; instance: InstanceDetail; volumes: readonly VolumeRow[] };

/** What the instance boots from, and what becomes of it when it is deleted. */
export function RootDisk({ projectId, instance, volumes }: RootDiskProps) {
  const t = useTranslations("storageTab");
  const { bootVolume } = instance;
  if (!bootVolume)
    return (
      <Section title={t("root")} about={t("rootAbout")}>
        <dl>
          <Fact name={t("size")}>{instance.diskGib === 0 ? t("asImage") : diskText(instance.diskGib)}</Fact>
          <Fact name={t("image")}>{instance.imageName}</Fact>
          <Fact name={t("end")}>{t("ends.goes")}</Fact>
        </dl>
      </Section>
    );
  const volume = volumes.find(({ id }) => id === bootVolume.id);
  return (
    <Section title={t("root")} about={t("bootAbout")}>
      <dl>
        <Fact name={t("volume")}>
          <Link
            href={`/p/${projectId}/volumes/${bootVolume.id}`}
            className="font-medium break-words text-accent hover:underline"
          >
            {bootVolume.name}
          </Link>
        </Fact>
        {volume ? <Fact name={t("size")}>{diskText(volume.sizeGib)}</Fact> : null}
        {bootVolume.imageName ? <Fact name={t("image")}>{bootVolume.imageName}</Fact> : null}
        {volume ? <Fact name={t("end")}>{t(`ends.${endOf(volume)}`)}</Fact> : null}
      </dl>
    </Section>
  );
}
