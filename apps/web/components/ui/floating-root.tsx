"use client";

import { useTranslations } from "next-intl";

const rootId = "floating";

/** Where menus and tooltips are put: a landmark of its own, so that nothing floats outside of all landmarks. */
export function FloatingRoot() {
  const t = useTranslations("common");
  return <section id={rootId} aria-label={t("floating")} />;
}

export function floatingRoot(): HTMLElement | undefined {
  if (typeof document === "undefined") return undefined;
  return document.getElementById(rootId) ?? undefined;
}
