"use client";

import { ChevronsUpDown, FolderClosed, ShieldAlert } from "lucide-react";
import Link from "next/link";
import { useTranslations } from "next-intl";
import type { Me } from "../../lib/rows.ts";
import { Button } from "../ui/button.tsx";
import { cn } from "../ui/class-names.ts";
import { Menu, MenuLink, MenuSeparator } from "../ui/menu.tsx";
import type { Area } from "./navigation.ts";

export function ProjectSwitcher({ me, area }: { me: Me; area: Area }) {
  const t = useTranslations("nav");
  const admin = area.kind === "admin";
  const current = admin ? null : me.projects.find((project) => project.id === area.projectId);
  const words = admin ? t("administrator") : (current?.name ?? t("chooseProject"));
  return (
    <Menu
      align="start"
      trigger={
        <Button
          tone="quiet"
          className={cn(
            "min-w-0 shrink px-2",
            admin &&
              "bg-admin font-medium text-white dark:text-background not-aria-disabled:hover:bg-admin dark:not-aria-disabled:hover:bg-admin",
          )}
          aria-label={t("scopeNow", { scope: words })}
        >
          {admin ? <ShieldAlert aria-hidden /> : <FolderClosed aria-hidden className="text-muted" />}
          <span className="max-w-28 truncate sm:max-w-56">{words}</span>
          <ChevronsUpDown aria-hidden className="opacity-70" />
        </Button>
      }
    >
      {me.projects.map((project) => (
        <MenuLink key={project.id}>
          <Link
            href={`/p/${project.id}`}
            aria-current={project.id === current?.id ? "true" : undefined}
            className="flex items-center gap-2"
          >
            <FolderClosed aria-hidden className="text-muted" />
            <span className={cn("truncate", project.id === current?.id && "font-semibold")}>
              {project.name}
            </span>
          </Link>
        </MenuLink>
      ))}
      {me.isAdmin ? (
        <>
          <MenuSeparator />
          <MenuLink>
            <Link href="/admin" className="flex items-center gap-2 text-admin-text">
              <ShieldAlert aria-hidden />
              {t("administration")}
            </Link>
          </MenuLink>
        </>
      ) : null}
    </Menu>
  );
}
