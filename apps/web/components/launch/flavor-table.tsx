"use client";

import { propertiesText } from "@madang/core/hypervisor/property";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { TriangleAlert } from "lucide-react";
import { useTranslations } from "next-intl";
import { useState } from "react";
import { Controller, useFormContext } from "react-hook-form";
import { diskText, memoryText } from "../../lib/amount.ts";
import { fieldText, type Translate } from "../../lib/error-text.ts";
import type { FlavorRow } from "../../lib/rows.ts";
import { useTRPC } from "../../lib/trpc.ts";
import { cn } from "../ui/class-names.ts";
import { Input } from "../ui/input.tsx";
import { newVolumesUsage } from "./disks.ts";
import { type Misfit, misfitOf, type NoRoom } from "./flavor-fit.ts";
import type { LaunchForm } from "./form-schema.ts";
import type { Choices } from "./launch-form.tsx";
import { tyingVolumes } from "./volume-choice.ts";

type FlavorTableProps = { projectId: string; choices: Choices };

/** Beyond this many the table scrolls by itself and can be filtered: what follows it must stay in reach. */
const fewFlavors = 12;

function misfitText(t: Translate, misfit: Misfit | null): string | null {
  if (!misfit) return null;
  if (misfit.kind !== "quota") return t(`launch.misfits.${misfit.kind}`);
  return t("launch.misfits.quota", { resource: t(`resources.${misfit.resource}`) });
}

const forecastMs = 10_000;

/** The flavors that nobody has room for now, by what was chosen so far; asked again while one hesitates. */
function useNoRoom(projectId: string, choices: Choices): (id: string) => NoRoom | undefined {
  const trpc = useTRPC();
  const { watch } = useFormContext<LaunchForm>();
  const { imageId: chosen, boot, disks, availabilityZone } = watch();
  const imageId = boot.kind === "image" ? chosen : "";
  const { gigabytes: gib = 0 } = newVolumesUsage(
    { imageId: chosen, count: 1, boot, disks },
    choices,
    undefined,
  );
  const ids = tyingVolumes({ boot, disks }, choices).map(({ id }) => id);
  const volumes =
    boot.kind === "image" && disks.length === 0 ? null : { boot: boot.kind !== "image", gib, ids };
  const forecast = useQuery(
    trpc.flavor.misfits.queryOptions(
      { projectId, imageId: imageId || null, availabilityZone: availabilityZone || null, volumes },
      { refetchInterval: forecastMs, placeholderData: keepPreviousData },
    ),
  );
  return (id) => forecast.data?.find(({ flavorId }) => flavorId === id);
}

function noRoomText(t: Translate, flavor: FlavorRow, noRoom: NoRoom | undefined): string | null {
  const key = `launch.misfits.${noRoom?.reason}`;
  if (!noRoom || !t.has(key)) return null;
  return t(key, { required: propertiesText(flavor.requiredProperties) });
}

/** Sizes to choose from; those that don't fit say why and can't be chosen. */
export function FlavorTable({ projectId, choices }: FlavorTableProps) {
  const { flavors, images, lines } = choices;
  const t: Translate = useTranslations();
  const { control, watch, formState } = useFormContext<LaunchForm>();
  const [text, setText] = useState("");
  const noRoom = useNoRoom(projectId, choices);
  const [imageId, kind, count, chosen] = watch(["imageId", "boot.kind", "count", "flavorId"]);
  const ofImage = kind === "image" || kind === "newVolume";
  const many = flavors.length > fewFlavors;
  const image = ofImage ? images.find((one) => one.id === imageId) : undefined;
  const error = fieldText(t, formState.errors.flavorId?.message);
  const wanted = text.trim().toLowerCase();
  const shown = flavors
    .filter((one) => one.id === chosen || one.name.toLowerCase().includes(wanted))
    .toSorted((a, b) => a.vcpus - b.vcpus || a.ramMib - b.ramMib || a.diskGib - b.diskGib);
  return (
    <Controller
      control={control}
      name="flavorId"
      render={({ field }) => (
        <div className="flex flex-col gap-2">
          {many ? (
            <Input
              type="text"
              inputMode="search"
              value={text}
              onChange={(event) => setText(event.target.value)}
              onKeyDown={(event) => event.key === "Enter" && event.preventDefault()}
              placeholder={t("launch.flavorFilter")}
              aria-label={t("launch.flavorFilter")}
              className="sm:w-72"
            />
          ) : null}
          <div className={cn(many && "max-h-96 overflow-y-auto")}>
            <table
              aria-label={t("fields.flavor")}
              className="w-full border-separate border-spacing-0 text-table"
            >
              <thead className="sticky top-0 z-10 bg-background">
                <tr className="text-left text-label text-muted [&_th]:border-b [&_th]:px-2 [&_th]:py-1.5 [&_th]:font-medium [&_th]:whitespace-nowrap">
                  <th scope="col">{t("fields.flavor")}</th>
                  <th scope="col" className="text-right">
                    {t("resources.cores")}
                  </th>
                  <th scope="col" className="text-right">
                    {t("resources.ram")}
                  </th>
                  <th scope="col" className="text-right">
                    {t("resources.disk")}
                  </th>
                </tr>
              </thead>
              <tbody>
                {shown.map((flavor) => {
                  const misfit = misfitOf(flavor, image, lines, count > 0 ? count : 1, kind === "image");
                  const text = misfitText(t, misfit);
                  // What is over the quota can be chosen all the same: how else would one ask for as much as it takes?
                  const short = misfit?.kind === "quota";
                  return (
                    <FlavorLine
                      key={flavor.id}
                      flavor={flavor}
                      reason={short ? null : text}
                      warning={short ? text : noRoomText(t, flavor, noRoom(flavor.id))}
                      checked={field.value === flavor.id}
                      onChoose={() => field.onChange(flavor.id)}
                      inputRef={field.ref}
                    />
                  );
                })}
              </tbody>
            </table>
          </div>
          {shown.length === 0 ? (
            <p role="status" className="text-table text-muted">
              {t("lists.nothing")}
            </p>
          ) : null}
          {error ? (
            <p role="alert" className="text-label text-danger">
              {error}
            </p>
          ) : null}
        </div>
      )}
    />
  );
}

type FlavorLineProps = {
  flavor: FlavorRow;
  /** Why it can't be chosen. */
  reason: string | null;
  /** What to expect when it is. */
  warning: string | null;
  checked: boolean;
  onChoose: () => void;
  inputRef: React.Ref<HTMLInputElement>;
};

function FlavorLine({ flavor, reason, warning, checked, onChoose, inputRef }: FlavorLineProps) {
  const t = useTranslations("launch");
  return (
    <tr
      className={cn(
        "[&_td]:border-b [&_td]:px-2 [&_td]:py-2",
        checked && "bg-accent-soft",
        reason ? "text-muted" : "hover:bg-sunken dark:hover:bg-surface",
      )}
    >
      <td>
        <label className={cn("flex items-start gap-2.5", reason ? "cursor-not-allowed" : "cursor-pointer")}>
          <input
            ref={inputRef}
            type="radio"
            name="flavorId"
            value={flavor.id}
            checked={checked}
            disabled={reason !== null}
            onChange={onChoose}
            className="mt-0.5 size-4 shrink-0 accent-accent"
          />
          <span className="min-w-0">
            <span className="block font-medium">{flavor.name}</span>
            {flavor.description ? (
              <span className="block text-label text-muted">{flavor.description}</span>
            ) : null}
            {reason ? <span className="block text-label text-muted">{reason}</span> : null}
            {warning && !reason ? (
              <span className="flex items-start gap-1 text-label text-muted">
                <TriangleAlert aria-hidden className="mt-px size-3.5 shrink-0 text-changing" />
                {warning}
              </span>
            ) : null}
          </span>
        </label>
      </td>
      <td className="text-right whitespace-nowrap tabular-nums">{flavor.vcpus}</td>
      <td className="text-right whitespace-nowrap tabular-nums">{memoryText(flavor.ramMib)}</td>
      <td className="text-right whitespace-nowrap tabular-nums">
        {flavor.diskGib === 0 ? t("diskOfImage") : diskText(flavor.diskGib)}
      </td>
    </tr>
  );
}
