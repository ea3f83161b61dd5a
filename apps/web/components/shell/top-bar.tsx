"use client";

import { KeyRound, MenuIcon, Plus, Server } from "lucide-react";
import Link from "next/link";
import { useTranslations } from "next-intl";
import type { Me } from "../../lib/rows.ts";
import { usePermission } from "../../lib/use-permission.ts";
import { PaletteButton } from "../palette/palette-button.tsx";
import { RequestChip } from "../quota-policy/request-chip.tsx";
import { Button, IconButton } from "../ui/button.tsx";
import { Menu, MenuLink } from "../ui/menu.tsx";
import { AdminPill, isVisiting } from "./admin-band.tsx";
import { HelpPopover } from "./help-popover.tsx";
import { Mark } from "./mark.tsx";
import type { Area } from "./navigation.ts";
import { OperationsChip } from "./operations-chip.tsx";
import { PersonMenu } from "./person-menu.tsx";
import { ProjectSwitcher } from "./project-switcher.tsx";
import { StreamIndicator } from "./stream-indicator.tsx";
import { useOperationScope } from "./use-operation-scope.ts";

function CreateMenu({ projectId }: { projectId: string }) {
  const t = useTranslations("nav");
  const allowed = usePermission("instance:create", projectId);
  return (
    <Menu
      trigger={
        <Button size="small" aria-label={t("create")} className="h-8 max-sm:w-8 max-sm:px-0">
          <Plus aria-hidden />
          <span className="max-sm:hidden">{t("create")}</span>
        </Button>
      }
    >
      {allowed ? (
        <MenuLink>
          <Link href={`/p/${projectId}/instances/launch`} className="flex items-center gap-2">
            <Server aria-hidden className="text-muted" />
            {t("createInstance")}
          </Link>
        </MenuLink>
      ) : null}
      <MenuLink>
        <Link href={`/p/${projectId}/key-pairs`} className="flex items-center gap-2">
          <KeyRound aria-hidden className="text-muted" />
          {t("createKeyPair")}
        </Link>
      </MenuLink>
    </Menu>
  );
}

export function TopBar({ area, me, onOpenRail }: { area: Area; me: Me; onOpenRail: () => void }) {
  const t = useTranslations("nav");
  const projectId = area.kind === "admin" ? null : area.projectId;
  const scope = useOperationScope(area);
  return (
    <header className="sticky top-0 z-30 flex h-11 items-center gap-1 border-b bg-surface px-2 md:px-3">
      <IconButton label={t("open")} className="md:hidden" onClick={onOpenRail}>
        <MenuIcon aria-hidden />
      </IconButton>
      <Link href="/" className="flex items-center gap-1.5 rounded-control px-1.5 py-1">
        <Mark className="size-5" />
        <span lang="ko" className="text-lead font-semibold tracking-tight max-lg:sr-only">
          마당
        </span>
        <span className="sr-only">{t("home")}</span>
      </Link>
      <ProjectSwitcher me={me} area={area} />
      {isVisiting(area, me) ? <AdminPill /> : null}
      <div className="ml-auto flex items-center gap-1">
        <PaletteButton projectId={projectId} />
        {area.kind === "account" ? null : <StreamIndicator />}
        <RequestChip area={area} />
        {projectId ? <CreateMenu projectId={projectId} /> : null}
        {scope === undefined ? null : <OperationsChip key={scope} scope={scope} />}
        <HelpPopover />
        <PersonMenu me={me} admin={area.kind === "admin"} />
      </div>
    </header>
  );
}
