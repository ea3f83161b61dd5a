"use client";

import { useRouter } from "next/navigation";
import { useLocale } from "next-intl";
import { useEffect } from "react";

const name = "madang-locale";

/** Tells the other tabs of this browser which language was chosen. */
export function tellLocale(locale: string): void {
  const channel = new BroadcastChannel(name);
  channel.postMessage(locale);
  channel.close();
}

/** Another tab chose another language: the page is had in it, and what was typed stays. */
export function useLocaleOfTabs(): void {
  const router = useRouter();
  const locale = useLocale();
  useEffect(() => {
    const channel = new BroadcastChannel(name);
    channel.onmessage = ({ data }) => {
      if (data !== locale) router.refresh();
    };
    return () => channel.close();
  }, [router, locale]);
}
