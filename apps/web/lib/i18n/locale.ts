/** The languages of the portal. The choice lives in a cookie, else the browser's Accept-Language decides. */
export const locales = ["en", "ko"] as const;
export type Locale = (typeof locales)[number];
export const localeCookie = "madang-locale";

function isLocale(value: string | undefined): value is Locale {
  return locales.some((locale) => locale === value);
}

/** The first language that the browser asks for and we have, by its quality values; English if none. */
export function pickLocale(cookie: string | undefined, acceptLanguage: string | null): Locale {
  if (isLocale(cookie)) return cookie;
  const wishes = (acceptLanguage ?? "").split(",").map((part) => {
    const [tag = "", ...rest] = part.trim().split(";");
    const quality = Number(
      rest
        .find((option) => option.trim().startsWith("q="))
        ?.trim()
        .slice(2) ?? 1,
    );
    return { language: tag.toLowerCase().split("-")[0], quality };
  });
  const best = wishes.filter((wish) => wish.quality > 0).sort((a, b) => b.quality - a.quality);
  return best.map((wish) => wish.language).find(isLocale) ?? "en";
}
