import { cookies, headers } from "next/headers";
import { getRequestConfig } from "next-intl/server";
import { localeCookie, pickLocale } from "./locale.ts";

export default getRequestConfig(async () => {
  const [jar, asked] = await Promise.all([cookies(), headers()]);
  const locale = pickLocale(jar.get(localeCookie)?.value, asked.get("accept-language"));
  const messages =
    locale === "ko" ? await import("../../messages/ko.json") : await import("../../messages/en.json");
  return { locale, messages: messages.default, timeZone: "UTC" };
});
