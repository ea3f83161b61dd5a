"use client";

import { useTranslations } from "next-intl";
import { useFormContext } from "react-hook-form";
import type { Translate } from "../../lib/error-text.ts";
import { Segments } from "../ui/segments.tsx";
import { Toggle } from "../ui/toggle.tsx";
import { DiskSelect } from "./disk-select.tsx";
import { type BootField as Boot, bootGib, bootKinds, leastBootGib } from "./disks.ts";
import type { LaunchForm } from "./form-schema.ts";
import { ImageCards } from "./image-cards.tsx";
import type { Choices } from "./launch-form.tsx";
import { NewVolumeFields } from "./new-volume-fields.tsx";
import { snapshotOptions, tyingVolumes, volumeOptions } from "./volume-choice.ts";

type BootFieldProps = {
  choices: Choices;
  /** Why it can't be a volume; null when it can. */
  blocked: string | null;
};

/** What the instance starts from. */
export function BootField({ choices, blocked }: BootFieldProps) {
  const t: Translate = useTranslations();
  const { watch, setValue, clearErrors } = useFormContext<LaunchForm>();
  const [boot, disks] = watch(["boot", "disks"]);
  const others = tyingVolumes({ boot: { ...boot, kind: "image" }, disks }, choices);
  const choose = (kind: string) => {
    setValue("boot.kind", bootKinds.find((one) => one === kind) ?? "image", { shouldDirty: true });
    clearErrors(["boot", "imageId"]);
  };
  return (
    <div className="flex flex-col gap-4">
      <div className="flex flex-col gap-2">
        <Segments
          label={t("launch.sections.boot")}
          value={boot.kind}
          disabled={blocked !== null && boot.kind === "image"}
          onChange={choose}
          options={bootKinds.map((kind) => ({ value: kind, label: t(`launch.boot.kinds.${kind}`) }))}
        />
        <p className="text-table text-muted">{blocked ?? t(`launch.boot.about.${boot.kind}`)}</p>
      </div>
      {boot.kind === "image" || boot.kind === "newVolume" ? <ImageCards images={choices.images} /> : null}
      {boot.kind === "volume" ? (
        <DiskSelect name="boot.volumeId" kind="volume" options={volumeOptions(choices, others, true)} />
      ) : null}
      {boot.kind === "snapshot" ? (
        <DiskSelect name="boot.snapshotId" kind="snapshot" options={snapshotOptions(choices, others, true)} />
      ) : null}
      {boot.kind === "newVolume" || boot.kind === "snapshot" ? <NewBootVolume choices={choices} /> : null}
      {boot.kind === "image" ? null : (
        <Toggle
          label={t("volumes.attach.deleteWith")}
          help={t("volumes.attach.deleteWithHelp")}
          checked={boot.deleteWithInstance}
          onChange={(checked) => setValue("boot.deleteWithInstance", checked, { shouldDirty: true })}
        />
      )}
    </div>
  );
}

function NewBootVolume({ choices }: { choices: Choices }) {
  const { watch } = useFormContext<LaunchForm>();
  const values = watch();
  const flavor = choices.flavors.find(({ id }) => id === values.flavorId);
  const unsaid: Boot = { ...values.boot, size: "" };
  const usual = bootGib({ ...values, boot: unsaid }, choices, flavor);
  return (
    <div className="grid gap-4 sm:grid-cols-2">
      <NewVolumeFields
        at="boot"
        least={leastBootGib(values, choices)}
        unsaid={usual}
        copied={values.boot.kind === "snapshot"}
      />
    </div>
  );
}
