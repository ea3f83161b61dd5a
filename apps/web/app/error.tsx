"use client";

import { useTranslations } from "next-intl";
import { Button } from "../components/ui/button.tsx";
import { EmptyState, YardDrawing } from "../components/ui/empty-state.tsx";

export default function PageError({
  error,
  reset,
}: {
  error: Error & { digest?: string };
  reset: () => void;
}) {
  const t = useTranslations("pageError");
  return (
    <main className="flex min-h-dvh items-center justify-center">
      <EmptyState heading="h1" drawing={<YardDrawing />} title={t("title")} about={t("about")}>
        <Button tone="primary" onClick={reset}>
          {t("again")}
        </Button>
        {error.digest ? <code className="font-mono text-label text-muted">{error.digest}</code> : null}
      </EmptyState>
    </main>
  );
}
