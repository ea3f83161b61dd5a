"use client";

import { ListChecks } from "lucide-react";
import { useTranslations } from "next-intl";
import { useEffect } from "react";
import { z } from "zod";
import { closeDrawer, openDrawer, useDrawer } from "../../lib/operation-drawer.ts";
import { useStored } from "../../lib/use-stored.ts";
import { EndAnnouncer } from "../operations/end-announcer.tsx";
import { type Scope, useOperationCount } from "../operations/use-operations.ts";
import { Button } from "../ui/button.tsx";

const lookedKey = (scope: Scope) => `madang-operations-looked:${scope ?? "cloud"}`;

/** Since when it counts what failed: since the drawer was last looked at in this browser, in any tab. */
function useLookedAt(scope: Scope, open: boolean): string {
  const [lookedAt, setLookedAt] = useStored(lookedKey(scope), z.iso.datetime());
  const never = lookedAt === null;
  useEffect(() => {
    if (!open && !never) return;
    const look = () => setLookedAt(new Date().toISOString());
    look();
    // What fails while it is open is seen; the last moment counts.
    return open ? look : undefined;
  }, [open, never, setLookedAt]);
  return lookedAt ?? new Date(0).toISOString();
}

/** How much runs now, and how much failed unseen; opens the drawer and shuts it. */
export function OperationsChip({ scope }: { scope: Scope }) {
  const t = useTranslations("operations");
  const { open, operationId } = useDrawer();
  const running = useOperationCount(scope, { top: true, active: true });
  const endedSince = useLookedAt(scope, open);
  const unseen = useOperationCount(scope, { top: true, state: ["failed"], endedSince }, !open);
  const failed = open ? 0 : unseen;
  useOpeningKey(open);
  return (
    <>
      <Button
        tone="quiet"
        size="small"
        className="h-8 px-2"
        data-operations-chip
        aria-expanded={open}
        aria-keyshortcuts="Alt+O"
        hint={t("chipHint")}
        onClick={open && !operationId ? closeDrawer : openDrawer}
      >
        <ListChecks aria-hidden className={running > 0 ? "text-changing two-step" : "text-muted"} />
        <span className="sr-only">
          {t("chip", { count: running })}
          {failed > 0 ? ` · ${t("chipFailed", { count: failed })}` : ""}
        </span>
        {running > 0 ? (
          <span aria-hidden className="tabular-nums">
            {running}
          </span>
        ) : null}
        {failed > 0 ? (
          <span
            aria-hidden
            className="rounded-full bg-danger px-1.5 text-label text-accent-text tabular-nums"
          >
            {failed}
          </span>
        ) : null}
      </Button>
      <EndAnnouncer key={scope} scope={scope} />
    </>
  );
}

/** Alt+O from anywhere: opens it, then leads into it, then shuts it. By the key's place, whatever the keyboard's language. */
function useOpeningKey(open: boolean): void {
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if (!event.altKey || event.ctrlKey || event.metaKey || event.code !== "KeyO") return;
      event.preventDefault();
      const within = document.activeElement?.closest("[data-operations-drawer]");
      if (open && within) closeDrawer();
      else openDrawer();
    };
    window.addEventListener("keydown", onKey);
    return () => window.removeEventListener("keydown", onKey);
  }, [open]);
}
