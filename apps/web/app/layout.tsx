import { GeistMono } from "geist/font/mono";
import type { Metadata, Viewport } from "next";
import { headers } from "next/headers";
import { getLocale, getTranslations } from "next-intl/server";
import type { ReactNode } from "react";
import "pretendard/dist/web/variable/pretendardvariable-dynamic-subset.css";
import "./globals.css";
import { Providers } from "../components/shell/providers.tsx";

export async function generateMetadata(): Promise<Metadata> {
  const t = await getTranslations("common");
  return { title: { default: t("product"), template: `%s · ${t("product")}` }, description: t("tagline") };
}

export const viewport: Viewport = { width: "device-width", initialScale: 1, colorScheme: "light dark" };

/** Dynamic: the nonce of this very answer is handed to every inline script. */
export default async function RootLayout({ children }: { children: ReactNode }) {
  const [locale, asked] = await Promise.all([getLocale(), headers()]);
  const messages = (await import(`../messages/${locale === "ko" ? "ko" : "en"}.json`)).default;
  return (
    <html lang={locale} className={GeistMono.variable} suppressHydrationWarning>
      <body>
        <Providers locale={locale} messages={messages} nonce={asked.get("x-nonce") ?? undefined}>
          {children}
        </Providers>
      </body>
    </html>
  );
}
