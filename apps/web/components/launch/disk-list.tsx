"use client";

import { launchVolumeLimit } from "@madang/core/instance/launch-disk";
import { Plus, Trash2 } from "lucide-react";
import { useTranslations } from "next-intl";
import { useFieldArray, useFormContext } from "react-hook-form";
import { fieldText, type Translate } from "../../lib/error-text.ts";
import { uuidV7 } from "../../lib/uuid-v7.ts";
import { Button, IconButton } from "../ui/button.tsx";
import { Field } from "../ui/field.tsx";
import { Input, Select } from "../ui/input.tsx";
import { Toggle } from "../ui/toggle.tsx";
import { DiskSelect } from "./disk-select.tsx";
import { diskKinds, emptyDisk, leastDiskFieldGib } from "./disks.ts";
import type { LaunchForm } from "./form-schema.ts";
import type { Choices } from "./launch-form.tsx";
import { NewVolumeFields } from "./new-volume-fields.tsx";
import { snapshotOptions, tyingVolumes, volumeOptions } from "./volume-choice.ts";

type DiskListProps = { choices: Choices; blocked: string | null };

/** Further disks, in the order in which the guest sees them. `blocked`: why none can be added. */
export function DiskList({ choices, blocked }: DiskListProps) {
  const t = useTranslations("launch.disks");
  const { control } = useFormContext<LaunchForm>();
  const { fields, append, remove } = useFieldArray({ control, name: "disks", keyName: "row" });
  const full = fields.length >= launchVolumeLimit ? t("limit", { limit: launchVolumeLimit }) : null;
  return (
    <div className="flex flex-col gap-3">
      {fields.length > 0 ? (
        <ol className="flex flex-col gap-3">
          {fields.map(({ row }, index) => (
            <DiskItem key={row} index={index} choices={choices} onRemove={() => remove(index)} />
          ))}
        </ol>
      ) : null}
      <div>
        <Button blocked={blocked ?? full} onClick={() => append(emptyDisk(uuidV7()))}>
          <Plus aria-hidden />
          {t("add")}
        </Button>
      </div>
    </div>
  );
}

type DiskItemProps = { index: number; choices: Choices; onRemove: () => void };

function DiskItem({ index, choices, onRemove }: DiskItemProps) {
  const t: Translate = useTranslations();
  const { watch, register, setValue, formState } = useFormContext<LaunchForm>();
  const [boot, disks] = watch(["boot", "disks"]);
  const disk = disks[index];
  if (!disk) return null;
  const at = `disks.${index}` as const;
  const number = index + 1;
  const others = tyingVolumes({ boot, disks: disks.filter((one) => one !== disk) }, choices);
  const change = (kind: string) => {
    const size = kind === "blank" ? emptyDisk(disk.key).size : "";
    const next = { ...disk, sourceId: "", size, kind: diskKinds.find((one) => one === kind) ?? "blank" };
    setValue(at, next, { shouldDirty: true });
  };
  return (
    <li className="flex min-w-0 flex-col gap-4 rounded-surface border bg-surface p-3">
      <div className="flex items-center justify-between gap-2">
        <h3 className="text-table font-semibold">{t("launch.disks.disk", { number })}</h3>
        <IconButton size="iconSmall" label={t("launch.disks.remove", { number })} onClick={onRemove}>
          <Trash2 aria-hidden />
        </IconButton>
      </div>
      <div className="grid gap-4 sm:grid-cols-2">
        <Field label={t("volumes.sourceLabel")}>
          {(control) => (
            <Select {...control} value={disk.kind} onChange={(event) => change(event.target.value)}>
              {diskKinds.map((kind) => (
                <option key={kind} value={kind}>
                  {t(`launch.disks.kinds.${kind}`)}
                </option>
              ))}
            </Select>
          )}
        </Field>
        {disk.kind === "volume" ? (
          <DiskSelect name={`${at}.sourceId`} kind="volume" options={volumeOptions(choices, others, false)} />
        ) : null}
        {disk.kind === "snapshot" ? (
          <DiskSelect
            name={`${at}.sourceId`}
            kind="snapshot"
            options={snapshotOptions(choices, others, false)}
          />
        ) : null}
        {disk.kind === "volume" ? null : (
          <Field
            label={t("volumes.nameLabel")}
            optional={t("common.optional")}
            error={fieldText(t, formState.errors.disks?.[index]?.name?.message)}
          >
            {(control) => (
              <Input {...control} {...register(`${at}.name`)} autoComplete="off" spellCheck={false} />
            )}
          </Field>
        )}
        {disk.kind === "volume" ? null : (
          <NewVolumeFields
            at={at}
            least={leastDiskFieldGib(disk, choices)}
            unsaid={disk.kind === "snapshot" ? leastDiskFieldGib(disk, choices) : null}
            copied={disk.kind === "snapshot"}
          />
        )}
      </div>
      <Toggle
        label={t("volumes.attach.deleteWith")}
        help={t("volumes.attach.deleteWithHelp")}
        checked={disk.deleteWithInstance}
        onChange={(checked) => setValue(`${at}.deleteWithInstance`, checked, { shouldDirty: true })}
      />
    </li>
  );
}
