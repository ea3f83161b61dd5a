"use client";

import { LogOut, UserRound } from "lucide-react";
import Link from "next/link";
import { useTranslations } from "next-intl";
import { leave } from "../../lib/credentials.ts";
import type { Me } from "../../lib/rows.ts";
import { Button } from "../ui/button.tsx";
import { Menu, MenuItem, MenuLink, MenuSeparator } from "../ui/menu.tsx";
import { LanguageChoice, ThemeChoice } from "./preferences.tsx";

export function PersonMenu({ me, admin }: { me: Me; admin: boolean }) {
  const t = useTranslations("nav");
  return (
    <Menu
      trigger={
        <Button tone="quiet" className="px-2" aria-label={t("person", { name: me.user.name })}>
          <span
            aria-hidden
            className="flex size-6 items-center justify-center rounded-full bg-accent-soft text-label font-semibold text-accent uppercase"
          >
            {[...me.user.name][0]}
          </span>
        </Button>
      }
    >
      <div className="px-2 py-1.5">
        <p className="truncate text-table font-medium">{me.user.name}</p>
        {admin ? <p className="text-label text-admin-text">{t("administrator")}</p> : null}
      </div>
      <MenuSeparator />
      <MenuLink>
        <Link href="/account" className="flex items-center gap-2">
          <UserRound aria-hidden />
          {t("account")}
        </Link>
      </MenuLink>
      <MenuSeparator />
      <ThemeChoice />
      <LanguageChoice />
      <MenuSeparator />
      <MenuItem icon={<LogOut aria-hidden />} onSelect={leave}>
        {t("signOut")}
      </MenuItem>
    </Menu>
  );
}
