"use client";

import { placementFilterNames } from "@madang/core/hypervisor/placement";
import Link from "next/link";
import { useTranslations } from "next-intl";
import { diskText, memoryText } from "../../lib/amount.ts";
import type { Translate } from "../../lib/error-text.ts";
import type { InstanceDetail } from "../../lib/rows.ts";
import { usePermission } from "../../lib/use-permission.ts";
import { cn } from "../ui/class-names.ts";

export type DiagnosisParams = Record<string, string | number>;
type Subject = Pick<InstanceDetail, "projectId" | "name" | "imageId" | "availabilityZone">;

const cellLook = "border-b py-1 align-top";

/** Why no hypervisor took the instance: what removed how many, what was asked and is free, and what would fit now. */
export function Diagnosis({ params, instance }: { params: DiagnosisParams; instance: Subject }) {
  const t: Translate = useTranslations();
  const removed = placementFilterNames.filter((name) => Number(params[name] ?? 0) > 0);
  return (
    <div className="flex flex-col gap-2">
      <p>{t("diagnosis.total", { count: Number(params.hypervisors ?? 0) })}</p>
      {removed.length > 0 ? (
        <table className="w-full border-separate border-spacing-0" aria-label={t("diagnosis.filters")}>
          <tbody>
            {removed.map((name) => (
              <tr key={name} data-filter={name}>
                <th scope="row" className={cn(cellLook, "pr-3 text-left font-normal")}>
                  {t(`diagnosis.${name}`)}
                  {asked(t, name, params)}
                </th>
                <td className={cn(cellLook, "w-px text-right font-medium whitespace-nowrap tabular-nums")}>
                  {Number(params[name])}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      ) : null}
      <Room params={params} />
      <NearestFlavor params={params} instance={instance} />
    </div>
  );
}

/** The zone or the properties that were asked for, beside the count of those that are elsewhere. */
function asked(t: Translate, filter: string, params: DiagnosisParams) {
  if (filter === "zone" && params.wantedZone)
    return <Small>{t("diagnosis.askedZone", { zone: params.wantedZone })}</Small>;
  if (filter === "properties" && params.wantedProperties)
    return <Small>{t("diagnosis.askedProperties", { properties: params.wantedProperties })}</Small>;
  if (filter === "hardware" && params.wantedHardware)
    return <Small>{t("diagnosis.askedHardware", { hardware: params.wantedHardware })}</Small>;
  return null;
}

function Small({ children }: { children: React.ReactNode }) {
  return <span className="block text-label break-words text-muted">{children}</span>;
}

/** What is asked beside what is free on the hypervisor that comes nearest. */
function Room({ params }: { params: DiagnosisParams }) {
  const t: Translate = useTranslations();
  if (params.freeVcpus === undefined) return null;
  const rows = [
    {
      key: "cores",
      text: (value: number) => `${value} vCPU`,
      asked: params.wantedVcpus,
      free: params.freeVcpus,
    },
    { key: "ram", text: memoryText, asked: params.wantedRamMib, free: params.freeRamMib },
    { key: "disk", text: diskText, asked: params.wantedDiskGib, free: params.freeDiskGib },
  ].map((row) => ({ ...row, asked: Number(row.asked ?? 0), free: Number(row.free ?? 0) }));
  return (
    <table className="w-full border-separate border-spacing-0" aria-label={t("diagnosis.room")}>
      <thead className="text-label text-muted">
        <tr>
          <th scope="col" className="text-left font-medium">
            <span className="sr-only">{t("diagnosis.resource")}</span>
          </th>
          <th scope="col" className="text-right font-medium">
            {t("diagnosis.asked")}
          </th>
          <th scope="col" className="text-right font-medium">
            {t("diagnosis.free")}
          </th>
        </tr>
      </thead>
      <tbody>
        {rows.map((row) => (
          <tr key={row.key}>
            <th scope="row" className={cn(cellLook, "text-left font-normal")}>
              {t(`resources.${row.key}`)}
            </th>
            <td className={cn(cellLook, "text-right whitespace-nowrap tabular-nums")}>
              {row.text(row.asked)}
            </td>
            <td
              className={cn(
                cellLook,
                "text-right whitespace-nowrap tabular-nums",
                row.asked > row.free && "font-medium text-danger",
              )}
            >
              {row.text(row.free)}
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function NearestFlavor({ params, instance }: { params: DiagnosisParams; instance: Subject }) {
  const t: Translate = useTranslations();
  const allowed = usePermission("instance:create", instance.projectId);
  if (!params.flavor || !params.flavorId) return null;
  const query = new URLSearchParams({ flavor: String(params.flavorId), name: instance.name });
  if (instance.imageId) query.set("image", instance.imageId);
  if (instance.availabilityZone) query.set("zone", instance.availabilityZone);
  return (
    <p>
      {t("diagnosis.flavor", { flavor: params.flavor })}{" "}
      {allowed ? (
        <Link
          href={`/p/${instance.projectId}/instances/launch?${query}`}
          className="font-medium text-accent hover:underline"
        >
          {t("diagnosis.launchThat")}
        </Link>
      ) : null}
    </p>
  );
}
