/** Where somebody went by the palette lately, in this browser; of each person his own. */
import { z } from "zod";
import { readStored, writeStored } from "../../lib/stored.ts";
import type { Entry } from "./entry.ts";

const kept = 8;
const recents = z
  .array(z.object({ href: z.string().startsWith("/"), words: z.string(), detail: z.string().nullable() }))
  .max(kept);
const keyOf = (userId: string) => `madang-recents:${userId}`;

export function readRecents(userId: string): Entry[] {
  const found = readStored(keyOf(userId), recents) ?? [];
  return found.map((recent) => ({ ...recent, key: `recent-${recent.href}`, group: "recent" }));
}

export function remember(userId: string, { href, words, detail }: Entry): void {
  if (href === undefined) return;
  const before = (readStored(keyOf(userId), recents) ?? []).filter((recent) => recent.href !== href);
  writeStored(keyOf(userId), [{ href, words, detail: detail ?? null }, ...before].slice(0, kept));
}
