"use client";

import dynamic from "next/dynamic";
import { usePathname } from "next/navigation";
import { useTranslations } from "next-intl";
import { type ReactNode, useState } from "react";
import { z } from "zod";
import { useLocaleOfTabs } from "../../lib/i18n/locale-tabs.ts";
import { useDrawer } from "../../lib/operation-drawer.ts";
import { readStored, writeStored } from "../../lib/stored.ts";
import { useMe } from "../../lib/use-me.ts";
import { cn } from "../ui/class-names.ts";
import { AdminBand, isVisiting } from "./admin-band.tsx";
import { Banners } from "./banners.tsx";
import type { Area } from "./navigation.ts";
import { Rail, RailDrawer } from "./rail.tsx";
import { TopBar } from "./top-bar.tsx";
import { useOperationScope } from "./use-operation-scope.ts";

/** Fetched when it is first opened. */
const OperationsDrawer = dynamic(
  () => import("../operations/operations-drawer.tsx").then((module) => module.OperationsDrawer),
  { ssr: false },
);

const collapsedKey = "madang-rail-collapsed";

/** The frame around every signed-in page: skip link, top bar, banners, rail, content. */
export function Shell({ area, children }: { area: Area; children: ReactNode }) {
  const t = useTranslations("common");
  const me = useMe();
  const path = usePathname();
  const visiting = isVisiting(area, me);
  const scope = useOperationScope(area);
  const { open } = useDrawer();
  useLocaleOfTabs();
  const [collapsed, setCollapsed] = useState(() => readStored(collapsedKey, z.boolean()) ?? false);
  const [openAt, setOpenAt] = useState<string | null>(null);
  const collapse = (value: boolean) => {
    setCollapsed(value);
    writeStored(collapsedKey, value);
  };
  return (
    <div
      className={cn(
        "flex min-h-dvh flex-col",
        (area.kind === "admin" || visiting) && "border-t-2 border-admin",
      )}
    >
      <a
        href="#content"
        className="fixed top-2 left-2 z-60 -translate-y-20 rounded-control bg-accent px-3 py-2 text-table font-medium text-accent-text focus:translate-y-0"
      >
        {t("skipToContent")}
      </a>
      <TopBar area={area} me={me} onOpenRail={() => setOpenAt(path)} />
      {visiting ? <AdminBand /> : null}
      <Banners area={area} />
      <div className="flex flex-1">
        <Rail area={area} collapsed={collapsed} onCollapse={collapse} />
        <RailDrawer area={area} open={openAt === path} onClose={() => setOpenAt(null)} />
        <main id="content" tabIndex={-1} className="@container min-w-0 flex-1">
          {children}
        </main>
        {open && scope !== undefined ? <OperationsDrawer key={scope} scope={scope} /> : null}
      </div>
    </div>
  );
}
