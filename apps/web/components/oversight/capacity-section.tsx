"use client";

import { type ResourceClass, resourceClasses } from "@madang/core/hypervisor/capacity";
import Link from "next/link";
import { useTranslations } from "next-intl";
import type { ReactNode } from "react";
import { diskText, memoryText } from "../../lib/amount.ts";
import type { CloudOverview } from "../../lib/rows.ts";
import { HypervisorBadge } from "../admin/hypervisor-state.tsx";
import { Meter } from "../ui/meter.tsx";

type Capacity = CloudOverview["capacity"];
type Amounts = Pick<Capacity["zones"][number], "total" | "allocated" | "used">;

const texts: Record<ResourceClass, (value: number) => string> = {
  VCPU: String,
  MEMORY_MB: memoryText,
  DISK_GB: diskText,
};

/** What is set aside of what may be set aside, by zone and by hypervisor; what runs and what is left in words. */
export function CapacitySection({ capacity }: { capacity: Capacity }) {
  const t = useTranslations("admin.capacity");
  if (capacity.count === 0) return <p className="text-table text-muted">{t("none")}</p>;
  return (
    <div className="flex flex-col gap-6">
      <ul className="flex flex-col gap-5" aria-label={t("zones")}>
        {capacity.zones.map((zone) => (
          <Line
            key={zone.zone}
            amounts={zone}
            name={
              <Link
                href={`/admin/instances?zone=${encodeURIComponent(zone.zone)}`}
                className="font-medium hover:underline"
              >
                {t("zone", { zone: zone.zone })}
              </Link>
            }
            note={t("hypervisors", { count: zone.hypervisors })}
          />
        ))}
      </ul>
      <div className="flex flex-col gap-3">
        <h3 className="text-table font-semibold text-muted">
          {t(capacity.count > capacity.hypervisors.length ? "fullest" : "byHypervisor", {
            count: capacity.hypervisors.length,
          })}
        </h3>
        <ul className="flex flex-col gap-5" aria-label={t("byHypervisor")}>
          {capacity.hypervisors.map((one) => (
            <Line
              key={one.id}
              amounts={one}
              name={
                <Link
                  href={`/admin/instances?hypervisor=${one.id}`}
                  className="font-medium break-words hover:underline"
                >
                  {one.name}
                </Link>
              }
              note={<HypervisorBadge state={one.state} />}
            />
          ))}
        </ul>
      </div>
    </div>
  );
}

function Line({ name, note, amounts }: { name: ReactNode; note: ReactNode; amounts: Amounts }) {
  const t = useTranslations("admin.capacity");
  const tClass = useTranslations("admin.hypervisors.classes");
  return (
    <li className="flex flex-col gap-2">
      <div className="flex flex-wrap items-baseline gap-x-3 text-table">
        {name}
        <span className="text-label text-muted">{note}</span>
      </div>
      <div className="grid gap-x-8 gap-y-3 @2xl:grid-cols-3">
        {resourceClasses.map((resource) => {
          const text = texts[resource];
          const [total, allocated] = [amounts.total[resource], amounts.allocated[resource]];
          return (
            <div key={resource} className="flex flex-col gap-1">
              <Meter
                label={tClass(resource)}
                words={t("allocated", { allocated: text(allocated), total: text(total) })}
                used={allocated}
                limit={total}
              />
              <p className="text-right text-label text-muted tabular-nums">
                {t("rest", {
                  used: text(amounts.used[resource]),
                  free: text(Math.max(0, total - allocated)),
                })}
              </p>
            </div>
          );
        })}
      </div>
    </li>
  );
}
