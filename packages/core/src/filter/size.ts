import type { SizeUnit } from "./field.ts";

const bytes: Readonly<Record<string, number>> = {
  b: 1,
  k: 2 ** 10,
  m: 2 ** 20,
  g: 2 ** 30,
  t: 2 ** 40,
};

const own: Readonly<Record<SizeUnit, number>> = { B: 1, MiB: 2 ** 20, GiB: 2 ** 30 };

/** `4096`, `4GiB`, `4G`, `0.5t` in `unit`; K, M, G and T count 1,024, as everywhere in the portal; null: none. */
export function sizeOf(text: string, unit: SizeUnit): number | null {
  const [, number, letter] = /^(\d{1,15}(?:\.\d{1,6})?)(?:([kmgt])i?b?|b)?$/i.exec(text) ?? [];
  if (number === undefined) return null;
  const factor = letter === undefined ? bare(text, unit) : (bytes[letter.toLowerCase()] ?? 1);
  return (Number(number) * factor) / own[unit];
}

const bare = (text: string, unit: SizeUnit) => (/b$/i.test(text) ? 1 : own[unit]);
