"use client";

import { useTranslations } from "next-intl";
import type { ReactNode } from "react";
import { useEffect } from "react";
import { Mark } from "./mark.tsx";
import { PreferenceFields } from "./preferences.tsx";

type QuietPageProps = { title: string; about: ReactNode; children: ReactNode };

/** One form and nothing else: what comes before the portal. */
export function QuietPage({ title, about, children }: QuietPageProps) {
  const t = useTranslations("common");
  useEffect(() => {
    document.title = `${title} · ${t("product")}`;
  }, [title, t]);
  return (
    <div className="flex min-h-dvh flex-col">
      <main className="flex flex-1 items-center justify-center px-4 py-10">
        <div className="w-full max-w-90">
          <div className="mb-7 flex items-center gap-3">
            <Mark className="size-9 shrink-0" />
            <div>
              <h1 className="text-title font-semibold">{title}</h1>
              <p className="text-table text-muted">{about}</p>
            </div>
          </div>
          {children}
        </div>
      </main>
      <footer className="flex justify-center p-4">
        <PreferenceFields plain />
      </footer>
    </div>
  );
}
