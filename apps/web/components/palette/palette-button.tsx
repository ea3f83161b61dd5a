"use client";

import { Search } from "lucide-react";
import dynamic from "next/dynamic";
import { useTranslations } from "next-intl";
import { useState } from "react";
import { showOverlay, useOverlay } from "../../lib/palette.ts";
import { Button } from "../ui/button.tsx";
import { useShortcuts } from "./use-shortcuts.ts";

/** Fetched when it is first asked for. */
const PaletteHost = dynamic(() => import("./palette-host.tsx").then((module) => module.PaletteHost), {
  ssr: false,
});

/** The field of the top bar that opens the palette, and the keys that do. */
export function PaletteButton({ projectId }: { projectId: string | null }) {
  const t = useTranslations("palette");
  const overlay = useOverlay();
  const [used, setUsed] = useState(false);
  useShortcuts(projectId);
  if (overlay !== null && !used) setUsed(true);
  return (
    <>
      <Button
        size="small"
        className="h-8 px-2 text-muted max-lg:border-transparent"
        aria-keyshortcuts="Control+K Meta+K"
        aria-haspopup="dialog"
        onClick={() => showOverlay("palette")}
      >
        <Search aria-hidden />
        <span className="max-lg:sr-only">{t("field")}</span>
        <kbd aria-hidden className="font-mono text-label max-lg:hidden">
          Ctrl K
        </kbd>
      </Button>
      {used ? <PaletteHost projectId={projectId} /> : null}
    </>
  );
}
