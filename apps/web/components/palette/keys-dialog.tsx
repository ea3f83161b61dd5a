"use client";

import { useTranslations } from "next-intl";
import { Dialog } from "../ui/dialog.tsx";
import { journeys, type Shortcut, shortcuts } from "./shortcuts.ts";

/** Every key of the portal: the same table binds them. */
export function KeysDialog({ onClose }: { onClose: () => void }) {
  const t = useTranslations("keys");
  const tNav = useTranslations("nav");
  return (
    <Dialog
      open
      title={t("title")}
      about={t("about")}
      onOpenChange={(open) => (open ? undefined : onClose())}
    >
      <dl className="grid grid-cols-[1fr_auto] gap-x-4 gap-y-2 text-table">
        {shortcuts.map((shortcut) => (
          <Line key={shortcut.name} shortcut={shortcut} words={t(shortcut.name)} />
        ))}
        {journeys.map((journey) => (
          <Line key={journey.name} shortcut={journey} words={t("goTo", { page: tNav(journey.name) })} />
        ))}
      </dl>
    </Dialog>
  );
}

function Line({ shortcut, words }: { shortcut: Shortcut; words: string }) {
  const mod = navigator.userAgent.includes("Mac") ? "⌘" : "Ctrl";
  return (
    <>
      <dt>{words}</dt>
      <dd className="flex gap-1">
        {shortcut.keys.map((key) => (
          <kbd key={key} className="rounded-[4px] border bg-sunken px-1.5 font-mono text-label">
            {key.replace("Mod", mod)}
          </kbd>
        ))}
      </dd>
    </>
  );
}
