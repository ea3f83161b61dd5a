"use client";

import { useRouter } from "next/navigation";
import { useEffect, useRef } from "react";
import { showOverlay } from "../../lib/palette.ts";
import { wishOf } from "./shortcuts.ts";

const soonMs = 1_500;
/** What takes keys itself: fields, menus, dialogs, terminals and the screens of guests. */
const takers =
  "input, textarea, select, [contenteditable=true], [role=dialog], [role=alertdialog], [role=menu], canvas, .xterm, [data-keys=own]";

/** The keys of all pages; `projectId` null: those that lead to pages of a project do nothing. */
export function useShortcuts(projectId: string | null): void {
  const router = useRouter();
  const at = useRef(0);
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if (event.defaultPrevented || event.repeat) return;
      const within = event.target instanceof Element && event.target.closest(takers) !== null;
      const guests =
        event.target instanceof Element && event.target.closest("canvas, .xterm, [data-keys=own]");
      if (guests) return;
      const afterG = performance.now() - at.current < soonMs;
      const wish = wishOf(event, { afterG, typing: within });
      at.current = wish === "g" ? performance.now() : 0;
      if (wish === null || wish === "g") return;
      if ("page" in wish && projectId === null) return;
      event.preventDefault();
      if ("open" in wish) showOverlay(wish.open);
      else router.push(`/p/${projectId}${wish.page}`);
    };
    window.addEventListener("keydown", onKey);
    return () => window.removeEventListener("keydown", onKey);
  }, [router, projectId]);
}
