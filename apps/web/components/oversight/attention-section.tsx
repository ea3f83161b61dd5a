"use client";

import {
  CircleAlert,
  CircleCheck,
  Ghost,
  HardDrive,
  Inbox,
  type LucideIcon,
  Network,
  ServerCog,
} from "lucide-react";
import Link from "next/link";
import { useTranslations } from "next-intl";
import type { CloudOverview } from "../../lib/rows.ts";

type Matter = { key: string; count: number; href: string; icon: LucideIcon };

/** What somebody should look at, each leading to where that is done. */
export function AttentionSection({ overview }: { overview: CloudOverview }) {
  const t = useTranslations("admin.attention");
  const { hypervisors, stuckOperations, quotaRequests, instances, switchTroubles, orphans } = overview;
  const matters: Matter[] = [
    { key: "requests", count: quotaRequests, href: "/admin/requests", icon: Inbox },
    { key: "stuck", count: stuckOperations, href: "/admin/operations?show=stuck", icon: CircleAlert },
    { key: "down", count: hypervisors.down, href: "/admin/hypervisors", icon: ServerCog },
    { key: "orphanGuests", count: orphans.guests, href: "/admin/hypervisors", icon: Ghost },
    { key: "orphanVolumes", count: orphans.volumes, href: "/admin/hypervisors", icon: HardDrive },
    { key: "switches", count: switchTroubles, href: "/admin/hypervisors", icon: Network },
    {
      key: "errors",
      count: instances.byStatus.ERROR ?? 0,
      href: "/admin/instances?status=ERROR",
      icon: CircleAlert,
    },
  ];
  const some = matters.filter(({ count }) => count > 0);
  if (some.length === 0)
    return (
      <p className="inline-flex items-center gap-2 text-table text-muted">
        <CircleCheck aria-hidden className="size-4 text-running" />
        {t("nothing")}
      </p>
    );
  return (
    <ul className="flex flex-col divide-y rounded-surface border">
      {some.map(({ key, count, href, icon: Icon }) => (
        <li key={key}>
          <Link
            href={href}
            className="flex items-center gap-2.5 px-3 py-2.5 text-table hover:bg-sunken dark:hover:bg-surface"
          >
            <Icon aria-hidden className="size-4 shrink-0 text-danger" />
            {t(key, { count })}
          </Link>
        </li>
      ))}
    </ul>
  );
}
