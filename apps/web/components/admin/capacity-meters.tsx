"use client";

import { type ResourceClass, resourceClasses } from "@madang/core/hypervisor/capacity";
import { useTranslations } from "next-intl";
import { diskText, memoryText } from "../../lib/amount.ts";
import type { HypervisorRow } from "../../lib/rows.ts";
import { Meter } from "../ui/meter.tsx";

const amounts: Record<ResourceClass, (value: number) => string> = {
  VCPU: String,
  MEMORY_MB: memoryText,
  DISK_GB: diskText,
};

/** Promised of what may be promised: capacity counts overcommit, and the words say so. */
export function CapacityMeters({ hypervisor }: { hypervisor: HypervisorRow }) {
  const t = useTranslations("admin.hypervisors");
  const { capacity, used, inventory } = hypervisor;
  if (!capacity) return <p className="text-table text-muted">{t("noCapacity")}</p>;
  const physical: Record<ResourceClass, number | undefined> = {
    VCPU: inventory?.vcpus,
    MEMORY_MB: inventory?.ramMib,
    DISK_GB: inventory?.diskGib,
  };
  return (
    <div className="grid gap-x-8 gap-y-3 @2xl:grid-cols-3">
      {resourceClasses.map((name) => {
        const amount = amounts[name];
        const real = physical[name];
        const words = { used: amount(used[name]), total: amount(capacity[name]) };
        const text =
          real === undefined || real === capacity[name]
            ? t("used", words)
            : t("usedPhysical", { ...words, real: amount(real) });
        return (
          <Meter
            key={name}
            label={t(`classes.${name}`)}
            words={text}
            used={used[name]}
            limit={capacity[name]}
          />
        );
      })}
    </div>
  );
}
