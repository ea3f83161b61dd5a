"use client";

import { useLocale, useTranslations } from "next-intl";
import { useTheme } from "next-themes";
import { leave } from "../../lib/credentials.ts";
import { openDrawer } from "../../lib/operation-drawer.ts";
import { showOverlay } from "../../lib/palette.ts";
import { useMe } from "../../lib/use-me.ts";
import { usePermission } from "../../lib/use-permission.ts";
import { groupsOf } from "../shell/navigation.ts";
import { useSwitchLocale } from "../shell/preferences.tsx";
import type { Entry } from "./entry.ts";
import { synonyms } from "./matching.ts";

/** Every page that the person may open, of the project and of the cloud, and his account. */
export function usePageEntries(projectId: string | null): Entry[] {
  const t = useTranslations("nav");
  const overseer = usePermission("system:read", null);
  const pagesOf = (admin: boolean): Entry[] => {
    const groups = admin ? groupsOf({ kind: "admin" }) : groupsOf({ kind: "account", projectId });
    return groups.flatMap(({ items }) =>
      items.map(({ key, href }) => ({
        ...{ key: `page-${href}`, group: "pages" as const, words: t(key), also: synonyms[key] ?? "", href },
        detail: admin ? t("administration") : null,
      })),
    );
  };
  const account: Entry = {
    ...{ key: "page-account", group: "pages", words: t("account"), also: synonyms.account ?? "" },
    href: "/account",
  };
  return [...pagesOf(false), ...(overseer ? pagesOf(true) : []), account];
}

/** What can be made; the page itself offers the rest. */
export function useCreateEntries(projectId: string | null): Entry[] {
  const t = useTranslations("palette");
  const tReasons = useTranslations("reasons");
  const allowed = usePermission("instance:create", projectId);
  if (projectId === null) return [];
  const href = `/p/${projectId}/instances/launch`;
  const blocked = allowed ? null : tReasons("notPermitted");
  return [{ key: "launch", group: "create", words: t("launch"), also: synonyms.launch ?? "", href, blocked }];
}

/** Looks, languages, projects, help and the way out. */
export function useSettingEntries(): Entry[] {
  const t = useTranslations("palette");
  const { setTheme } = useTheme();
  const locale = useLocale();
  const switchLocale = useSwitchLocale();
  const me = useMe();
  const setting = (key: string, run: () => void): Entry => ({
    ...{
      key: `setting-${key}`,
      group: "settings",
      words: t(`settings.${key}`),
      also: synonyms[key] ?? "",
      run,
    },
  });
  return [
    ...me.projects.map(
      ({ id, name }): Entry => ({ key: `to-${id}`, group: "projects", words: name, href: `/p/${id}` }),
    ),
    setting("light", () => setTheme("light")),
    setting("dark", () => setTheme("dark")),
    setting("language", () => void switchLocale(locale === "ko" ? "en" : "ko")),
    setting("operations", openDrawer),
    setting("keys", () => showOverlay("keys")),
    setting("signOut", leave),
  ];
}
