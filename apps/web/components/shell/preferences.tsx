"use client";

import { Monitor, Moon, Sun } from "lucide-react";
import { useRouter } from "next/navigation";
import { useLocale, useTranslations } from "next-intl";
import { useTheme } from "next-themes";
import { useId, useSyncExternalStore } from "react";
import { locales } from "../../lib/i18n/locale.ts";
import { tellLocale } from "../../lib/i18n/locale-tabs.ts";
import { rememberLocale } from "../../lib/i18n/switch-locale.ts";
import { Field } from "../ui/field.tsx";
import { Select } from "../ui/input.tsx";
import { MenuChoice } from "../ui/menu.tsx";

const themes = [
  { value: "light", icon: Sun },
  { value: "dark", icon: Moon },
  { value: "system", icon: Monitor },
];
/** Each language in its own words: whoever looks for it may not read the present one. */
const languageNames = { en: "English", ko: "한국어" };

export function useSwitchLocale() {
  const router = useRouter();
  return async (value: string) => {
    const locale = locales.find((known) => known === value);
    if (!locale) return;
    await rememberLocale(locale);
    tellLocale(locale);
    router.refresh();
  };
}

const never = () => () => undefined;

/** The theme is known to the browser alone; until it has taken over, "system" stands. */
function useChosenTheme(): string {
  const { theme } = useTheme();
  const inBrowser = useSyncExternalStore(
    never,
    () => true,
    () => false,
  );
  return inBrowser ? (theme ?? "system") : "system";
}

export function ThemeChoice() {
  const t = useTranslations("preferences");
  const { setTheme } = useTheme();
  const options = themes.map(({ value, icon: Icon }) => ({
    value,
    label: (
      <>
        <Icon aria-hidden />
        {t(value)}
      </>
    ),
  }));
  return <MenuChoice label={t("theme")} value={useChosenTheme()} onChange={setTheme} options={options} />;
}

export function LanguageChoice() {
  const t = useTranslations("preferences");
  const options = locales.map((value) => ({
    value,
    label: <span lang={value}>{languageNames[value]}</span>,
  }));
  return (
    <MenuChoice label={t("language")} value={useLocale()} onChange={useSwitchLocale()} options={options} />
  );
}

/** The same two choices as form fields, for pages without the person menu. */
export function PreferenceFields({ plain }: { plain?: boolean }) {
  const t = useTranslations("preferences");
  const { setTheme } = useTheme();
  const theme = useChosenTheme();
  const locale = useLocale();
  const switchLocale = useSwitchLocale();
  const id = useId();
  const language = (control: object) => (
    <Select {...control} value={locale} onChange={(event) => switchLocale(event.target.value)}>
      {locales.map((value) => (
        <option key={value} value={value} lang={value}>
          {languageNames[value]}
        </option>
      ))}
    </Select>
  );
  const look = (control: object) => (
    <Select {...control} value={theme} onChange={(event) => setTheme(event.target.value)}>
      {themes.map(({ value }) => (
        <option key={value} value={value}>
          {t(value)}
        </option>
      ))}
    </Select>
  );
  if (plain) {
    return (
      <div className="flex gap-2">
        {language({
          id: `${id}-l`,
          "aria-label": t("language"),
          className: "w-auto border-transparent bg-transparent text-label text-muted dark:bg-transparent",
        })}
        {look({
          id: `${id}-t`,
          "aria-label": t("theme"),
          className: "w-auto border-transparent bg-transparent text-label text-muted dark:bg-transparent",
        })}
      </div>
    );
  }
  return (
    <>
      <Field label={t("language")}>{language}</Field>
      <Field label={t("theme")} help={t("themeHelp")}>
        {look}
      </Field>
    </>
  );
}
