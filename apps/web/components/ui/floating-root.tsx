"use client";

import { useTranslations } from "next-intl";
import { useSyncExternalStore } from "react";

const rootId = "floating";

/** Where menus and tooltips are put: a landmark of its own, so that nothing floats outside of all landmarks. */
export function FloatingRoot() {
  const t = useTranslations("common");
  return <section id={rootId} aria-label={t("floating")} />;
}

function subscribe(listener: () => void): () => void {
  document.addEventListener("fullscreenchange", listener);
  return () => document.removeEventListener("fullscreenchange", listener);
}

/** In full screen only what is inside of it can be seen. */
export function useFloatingRoot(): Element | null {
  return useSyncExternalStore(
    subscribe,
    () => document.fullscreenElement ?? document.getElementById(rootId),
    () => null,
  );
}

/** What fills the screen now; null when nothing does. */
export function useFullScreenElement(): Element | null {
  return useSyncExternalStore(
    subscribe,
    () => document.fullscreenElement,
    () => null,
  );
}
