"use client";

import { X } from "lucide-react";
import { useTranslations } from "next-intl";
import type { ReactNode } from "react";
import { Button, IconButton } from "../ui/button.tsx";

type SelectionBarProps = {
  count: number;
  /** Offered once all loaded rows are selected and more match: how many, and whether that is all of them or at least so many. */
  more: { total: number; exact: boolean; onAll: () => void } | null;
  onClear: () => void;
  children: ReactNode;
};

/** Lies over the table's header while rows are selected; without height of its own, so that no row moves. */
export function SelectionBar({ count, more, onClear, children }: SelectionBarProps) {
  const t = useTranslations("lists.selection");
  return (
    <section
      aria-label={t("bar")}
      className="sticky top-11 z-20 -mb-9 ml-9 flex min-h-9 flex-wrap items-center gap-x-2 gap-y-1 border-b bg-accent-soft py-1 pr-2"
    >
      <p role="status" className="mr-1 text-label font-medium whitespace-nowrap tabular-nums">
        {t("count", { count })}
      </p>
      {more ? (
        <Button size="small" tone="quiet" className="text-accent" onClick={more.onAll}>
          {t(more.exact ? "all" : "allOver", { total: more.total })}
        </Button>
      ) : null}
      {children}
      <IconButton size="iconSmall" className="ml-auto" label={t("clear")} onClick={onClear}>
        <X aria-hidden />
      </IconButton>
    </section>
  );
}
