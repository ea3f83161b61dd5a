"use client";

import { useTranslations } from "next-intl";
import { useFormContext } from "react-hook-form";
import type { Translate } from "../../lib/error-text.ts";
import { useProjectId } from "../../lib/use-project.ts";
import { Field } from "../ui/field.tsx";
import { Input } from "../ui/input.tsx";
import { TypeField } from "../volume/create-dialog.tsx";
import { useVolumeTypes } from "../volume/use-volume-types.ts";
import type { LaunchForm } from "./form-schema.ts";

type NewVolumeFieldsProps = {
  at: "boot" | `disks.${number}`;
  /** GiB; null: not known yet. */
  least: number | null;
  /** GiB that it becomes when nothing is typed; null: something must be. */
  unsaid: number | null;
  copied: boolean;
};

/** How large a new volume is, and of which type: cells of a grid. */
export function NewVolumeFields({ at, least, unsaid, copied }: NewVolumeFieldsProps) {
  const t: Translate = useTranslations();
  const { types, usual } = useVolumeTypes(useProjectId());
  const { register, watch, setValue, getFieldState, formState } = useFormContext<LaunchForm>();
  const error = getFieldState(`${at}.size`, formState).error;
  const bounds = { least: least ?? 1 };
  const help =
    unsaid === null
      ? t("volumes.sizeHelp", bounds)
      : t("launch.disks.sizeHelp", { ...bounds, usual: unsaid });
  return (
    <>
      <Field
        label={t("volumes.sizeLabel")}
        help={help}
        error={error ? t("volumes.sizeWrong", bounds) : undefined}
      >
        {(control) => (
          <Input
            {...control}
            {...register(`${at}.size`)}
            inputMode="numeric"
            autoComplete="off"
            placeholder={unsaid === null ? undefined : String(unsaid)}
            className="tabular-nums"
          />
        )}
      </Field>
      <TypeField
        types={types}
        usual={usual}
        value={watch(`${at}.volumeTypeId`)}
        copied={copied}
        onChange={(id) => setValue(`${at}.volumeTypeId`, id, { shouldDirty: true })}
      />
    </>
  );
}
