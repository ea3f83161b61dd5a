"use client";

import { useTranslations } from "next-intl";
import { useEffect, useRef } from "react";
import { Button } from "../ui/button.tsx";

type Query = { hasNextPage: boolean; isFetchingNextPage: boolean; fetchNextPage: () => unknown };

/** Fetches the next page when its end comes into sight; a button for those who go by keyboard. */
export function MoreRows({ query, shown, total }: { query: Query; shown: number; total: number }) {
  const t = useTranslations("lists");
  const mark = useRef<HTMLDivElement>(null);
  const { hasNextPage, isFetchingNextPage, fetchNextPage } = query;
  useEffect(() => {
    const element = mark.current;
    if (!element || !hasNextPage) return;
    const observer = new IntersectionObserver(
      (entries) => {
        if (entries.some((entry) => entry.isIntersecting) && !isFetchingNextPage) fetchNextPage();
      },
      { rootMargin: "400px" },
    );
    observer.observe(element);
    return () => observer.disconnect();
  }, [hasNextPage, isFetchingNextPage, fetchNextPage]);
  if (!hasNextPage) return null;
  return (
    <div ref={mark} className="flex items-center justify-center gap-3 py-2">
      <Button disabled={isFetchingNextPage} onClick={() => fetchNextPage()}>
        {t("more")}
      </Button>
      <span className="text-label text-muted tabular-nums">{t("shown", { shown, total })}</span>
    </div>
  );
}
