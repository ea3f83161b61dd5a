import { type Locale, localeCookie } from "./locale.ts";

const yearSeconds = 31_536_000;

/** Remembers the language for a year; the caller refreshes the route so that the server renders it. */
export async function rememberLocale(locale: Locale): Promise<void> {
  if ("cookieStore" in window) {
    const expires = Date.now() + yearSeconds * 1000;
    await window.cookieStore.set({ name: localeCookie, value: locale, path: "/", expires, sameSite: "lax" });
    return;
  }
  // biome-ignore lint/suspicious/noDocumentCookie: the Cookie Store API is missing over plain HTTP and in older browsers.
  document.cookie = `${localeCookie}=${locale}; path=/; max-age=${yearSeconds}; samesite=lax`;
}
