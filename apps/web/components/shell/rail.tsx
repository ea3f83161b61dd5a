"use client";

import { PanelLeftClose, PanelLeftOpen, ShieldAlert } from "lucide-react";
import Link from "next/link";
import { usePathname } from "next/navigation";
import { useTranslations } from "next-intl";
import { Dialog } from "radix-ui";
import { useWaitingRequests } from "../quota-policy/use-waiting.ts";
import { IconButton } from "../ui/button.tsx";
import { cn } from "../ui/class-names.ts";
import { Tooltip } from "../ui/tooltip.tsx";
import { type Area, groupsOf, isCurrent, type NavItem } from "./navigation.ts";

function RailLink({ item, collapsed, admin }: { item: NavItem; collapsed: boolean; admin: boolean }) {
  const t = useTranslations("nav");
  const current = isCurrent(item, usePathname());
  const Icon = item.icon;
  const link = (
    <Link
      href={item.href}
      aria-current={current ? "page" : undefined}
      aria-label={collapsed ? t(item.key) : undefined}
      className={cn(
        "flex h-8 items-center gap-2.5 rounded-control px-2.5 text-table transition-colors duration-150 pointer-coarse:h-10 [&_svg]:size-4 [&_svg]:shrink-0",
        collapsed && "justify-center px-0",
        current && !admin && "bg-accent-soft font-medium text-accent",
        current && admin && "bg-admin font-medium text-white dark:text-background",
        !current && "text-text/85 hover:bg-line/50",
      )}
    >
      <Icon aria-hidden />
      {collapsed ? null : t(item.key)}
      {item.counts === "requests" ? <RequestCount current={current} collapsed={collapsed} /> : null}
    </Link>
  );
  return collapsed ? <Tooltip words={t(item.key)}>{link}</Tooltip> : link;
}

function RequestCount({ current, collapsed }: { current: boolean; collapsed: boolean }) {
  const t = useTranslations("nav");
  const count = useWaitingRequests();
  if (count === 0 || collapsed) return null;
  return (
    <span
      className={cn(
        "ml-auto min-w-5 rounded-full px-1.5 text-center text-label font-medium tabular-nums",
        current ? "bg-white/20" : "bg-admin text-white dark:text-background",
      )}
    >
      <span aria-hidden>{count}</span>
      <span className="sr-only">{t("requestsWaiting", { count })}</span>
    </span>
  );
}

function RailGroups({ area, collapsed }: { area: Area; collapsed: boolean }) {
  const t = useTranslations("nav");
  const admin = area.kind === "admin";
  return (
    <nav aria-label={t(admin ? "adminLabel" : "label")} className="flex flex-1 flex-col gap-4">
      {groupsOf(area).map((group) => (
        <div key={group.key}>
          {collapsed ? null : (
            <p className="px-2.5 pb-1 text-label font-medium text-muted">{t(`groups.${group.key}`)}</p>
          )}
          <ul className="flex flex-col gap-0.5">
            {group.items.map((item) => (
              <li key={item.key}>
                <RailLink item={item} collapsed={collapsed} admin={admin} />
              </li>
            ))}
          </ul>
        </div>
      ))}
    </nav>
  );
}

function AdminMark({ collapsed }: { collapsed: boolean }) {
  const t = useTranslations("nav");
  return (
    <p className="flex items-center gap-2 rounded-control px-2.5 py-1.5 text-label font-medium text-admin-text">
      <ShieldAlert aria-hidden className="size-4 shrink-0" />
      <span className={collapsed ? "sr-only" : undefined}>{t("administrator")}</span>
    </p>
  );
}

export function Rail({
  area,
  collapsed,
  onCollapse,
}: {
  area: Area;
  collapsed: boolean;
  onCollapse: (value: boolean) => void;
}) {
  const t = useTranslations("nav");
  const admin = area.kind === "admin";
  return (
    <aside
      aria-label={t("rail")}
      className={cn(
        "hidden shrink-0 border-r md:block",
        collapsed ? "w-14" : "w-52",
        admin && "border-r-admin/40 bg-admin-soft",
      )}
    >
      <div className="sticky top-11 flex max-h-[calc(100dvh-2.75rem)] flex-col gap-4 overflow-y-auto p-2.5">
        {admin ? <AdminMark collapsed={collapsed} /> : null}
        <RailGroups area={area} collapsed={collapsed} />
        <IconButton
          label={t(collapsed ? "expand" : "collapse")}
          className="self-start text-muted"
          onClick={() => onCollapse(!collapsed)}
        >
          {collapsed ? <PanelLeftOpen aria-hidden /> : <PanelLeftClose aria-hidden />}
        </IconButton>
      </div>
    </aside>
  );
}

/** The rail on a narrow screen. */
export function RailDrawer({ area, open, onClose }: { area: Area; open: boolean; onClose: () => void }) {
  const t = useTranslations("nav");
  const admin = area.kind === "admin";
  return (
    <Dialog.Root open={open} onOpenChange={(next) => (next ? undefined : onClose())}>
      <Dialog.Portal>
        <Dialog.Overlay className="fixed inset-0 z-40 bg-black/40" />
        <Dialog.Content
          aria-describedby={undefined}
          className={cn(
            "fixed inset-y-0 left-0 z-50 flex w-64 flex-col gap-3 bg-surface p-3 shadow-float",
            admin && "bg-admin-soft",
          )}
        >
          <Dialog.Title className="sr-only">{t("label")}</Dialog.Title>
          {admin ? <AdminMark collapsed={false} /> : null}
          <RailGroups area={area} collapsed={false} />
        </Dialog.Content>
      </Dialog.Portal>
    </Dialog.Root>
  );
}
