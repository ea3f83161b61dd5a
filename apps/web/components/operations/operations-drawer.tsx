"use client";

import { ChevronLeft, X } from "lucide-react";
import { useTranslations } from "next-intl";
import { type KeyboardEvent, useEffect, useRef } from "react";
import { closeDrawer, leaveOperation, takeFocusWish, useDrawer } from "../../lib/operation-drawer.ts";
import { Button, IconButton } from "../ui/button.tsx";
import { NoticeList } from "./notice-list.tsx";
import { OperationLists } from "./operation-lists.tsx";
import { OperationView } from "./operation-view.tsx";
import type { Scope } from "./use-operations.ts";

/** Beside the page on a wide screen, over its right side on a narrower one, a sheet from below on a phone. */
const place =
  "fixed inset-x-0 bottom-0 z-25 flex max-h-[80dvh] flex-col rounded-t-surface border-t bg-surface shadow-float outline-none sm:top-11 sm:left-auto sm:max-h-none sm:w-[400px] sm:rounded-none sm:border-t-0 sm:border-l min-[1280px]:sticky min-[1280px]:h-[calc(100dvh-2.75rem)] min-[1280px]:shrink-0 min-[1280px]:shadow-none";

/**
 * Long work on every page. It is a region of the page, not a dialog: the page stays in reach beside it, by pointer and
 * by keyboard.
 */
export function OperationsDrawer({ scope }: { scope: Scope }) {
  const t = useTranslations("operations");
  const { operationId } = useDrawer();
  const region = useRef<HTMLElement>(null);
  useEffect(() => {
    if (takeFocusWish()) region.current?.focus();
  }, [operationId]);
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key !== "Escape" || event.defaultPrevented) return;
    event.preventDefault();
    closeDrawer();
  };
  return (
    <aside
      ref={region}
      tabIndex={-1}
      aria-label={t("title")}
      data-operations-drawer
      className={place}
      onKeyDown={onKeyDown}
    >
      <div className="flex items-center justify-between gap-2 border-b px-4 py-2">
        {operationId ? (
          <Button tone="quiet" size="small" className="-ml-2" onClick={leaveOperation}>
            <ChevronLeft aria-hidden />
            {t("all")}
          </Button>
        ) : (
          <h2 className="text-body font-semibold">{t("title")}</h2>
        )}
        <IconButton label={t("close")} onClick={closeDrawer}>
          <X aria-hidden />
        </IconButton>
      </div>
      <div className="flex min-h-0 flex-1 flex-col gap-4 overflow-y-auto px-4 py-3">
        {operationId ? (
          <OperationView key={operationId} scope={scope} operationId={operationId} />
        ) : (
          <>
            <OperationLists scope={scope} />
            <NoticeList />
          </>
        )}
      </div>
    </aside>
  );
}
