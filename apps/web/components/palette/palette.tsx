"use client";

import { usePathname, useRouter } from "next/navigation";
import { useTranslations } from "next-intl";
import { useState } from "react";
import { useMe } from "../../lib/use-me.ts";
import { Combobox } from "../ui/combobox.tsx";
import { Dialog } from "../ui/dialog.tsx";
import type { Entry } from "./entry.ts";
import { fullestFirst, isMeant, nameIn } from "./matching.ts";
import { readRecents, remember } from "./recents.ts";
import { useCreateEntries, usePageEntries, useSettingEntries } from "./use-entries.ts";
import { useFound, useFoundEntries } from "./use-found.ts";
import { type Subject, useActWords, useInstanceEntries } from "./use-instance-entries.ts";

const instancePage = /^\/p\/([0-9a-f-]{36})\/instances\/([0-9a-f-]{36})/;

function lookedAt(path: string): Subject | null {
  const [, projectId, id] = instancePage.exec(path) ?? [];
  return projectId && id ? { projectId, id } : null;
}

/** What the text means, the likeliest first: the act, where it names one; else the thing itself and then its acts. */
function useEntries(text: string, near: string | null): { entries: Entry[]; pending: boolean } {
  const me = useMe();
  const here = lookedAt(usePathname());
  const name = nameIn(text, useActWords());
  const found = useFound(name.trim(), near);
  const first = found.items.find(({ kind }) => kind === "instance");
  const ofFound = first?.projectId ? { projectId: first.projectId, id: first.id } : null;
  const acts = useInstanceEntries(ofFound ?? here);
  const things = useFoundEntries(found.items, near);
  const rest = [...useCreateEntries(near), ...usePageEntries(near), ...useSettingEntries()];
  if (text.trim() === "") return { entries: [...acts, ...readRecents(me.user.id), ...rest], pending: false };
  const named = name.trim() !== text.trim();
  const meantActs = fullestFirst(
    acts.filter((act) => (ofFound && !named) || isMeant(act, text)),
    text,
  );
  const meant = rest.filter((entry) => isMeant(entry, text));
  const entries = named ? [...meantActs, ...things, ...meant] : [...things, ...meantActs, ...meant];
  return { entries, pending: found.pending };
}

/** Goes anywhere and does anything by its name. The portal's own field and list: they know composing and readers. */
export function Palette({ projectId, onClose }: { projectId: string | null; onClose: () => void }) {
  const t = useTranslations("palette");
  const me = useMe();
  const router = useRouter();
  const [text, setText] = useState("");
  const near = projectId ?? me.projects[0]?.id ?? null;
  const { entries, pending } = useEntries(text, near);
  const choose = (entry: Entry) => {
    if (entry.blocked) return;
    onClose();
    remember(me.user.id, entry);
    if (entry.href) router.push(entry.href);
    entry.run?.();
  };
  return (
    <Dialog open wide title={t("title")} onOpenChange={(open) => (open ? undefined : onClose())}>
      <Combobox
        open
        label={t("label")}
        placeholder={t("placeholder")}
        text={text}
        onText={setText}
        items={entries}
        itemKey={({ key }) => key}
        nothing={pending ? t("looking") : t("nothing", { text: text.trim() })}
        onChoose={choose}
        show={(entry) => <Line entry={entry} />}
      />
      <p className="mt-2 text-label text-muted max-sm:hidden">{t("hint")}</p>
    </Dialog>
  );
}

function Line({ entry }: { entry: Entry }) {
  const t = useTranslations("palette");
  const { words, detail, blocked, group } = entry;
  return (
    <span aria-disabled={blocked ? true : undefined} className="flex min-w-0 flex-1 items-baseline gap-2">
      <span className={blocked ? "truncate text-muted" : "truncate"}>{words}</span>
      <span className="min-w-0 flex-1 truncate text-label text-muted">{blocked ?? detail}</span>
      <span className="shrink-0 text-label text-muted">{t(`groups.${group}`)}</span>
    </span>
  );
}
