/** Which key of a guest's keyboard gives which character. Keys are named by place (UI Events `code`), as scan codes are. */

import { american, british } from "./english.ts";
import { french } from "./french.ts";
import { german } from "./german.ts";
import { japanese } from "./japanese.ts";

/**
 * What the keys of a row give, from left to right; a space stands for a key that gives nothing that is typed as it is
 * (none, or a dead key).
 */
export type Rows = { plain: string; shift: string; altGr?: string };
export type LayoutRows = {
  rows: Rows[];
  extra?: { code: string; plain?: string; shift?: string; altGr?: string }[];
};

/** One press: with Shift or AltGr held. */
export type Stroke = { code: string; keysym: number; shift: boolean; altGr: boolean };

const rowCodes = [
  ["Backquote", ...[..."1234567890"].map((digit) => `Digit${digit}`), "Minus", "Equal"],
  [...[..."QWERTYUIOP"].map((letter) => `Key${letter}`), "BracketLeft", "BracketRight", "Backslash"],
  [...[..."ASDFGHJKL"].map((letter) => `Key${letter}`), "Semicolon", "Quote"],
  [...[..."ZXCVBNM"].map((letter) => `Key${letter}`), "Comma", "Period", "Slash"],
];

/** `korean`: two-set keyboards have the American keys; Hangul is made by an input method inside the guest. */
export const layouts = {
  us: american,
  gb: british,
  de: german,
  fr: french,
  kr: american,
  jp: japanese,
} as const;
export type LayoutName = keyof typeof layouts;
export const layoutNames: readonly LayoutName[] = ["us", "gb", "de", "fr", "kr", "jp"];

const everywhere: [string, string, number][] = [
  [" ", "Space", 0x20],
  ["\n", "Enter", 0xff0d],
  ["\t", "Tab", 0xff09],
];

/** X11 keysym of a character: Latin-1 is its own, all else is Unicode with a mark. */
export function keysymOf(character: string): number {
  const point = character.codePointAt(0) ?? 0;
  return point < 0x100 ? point : 0x1000000 + point;
}

type Level = Pick<Stroke, "shift" | "altGr">;
const levels: [keyof Rows, Level][] = [
  ["altGr", { shift: false, altGr: true }],
  ["shift", { shift: true, altGr: false }],
  ["plain", { shift: false, altGr: false }],
];

/** The stroke for every character that the layout has. What is on two places is taken from the easier one. */
export function strokesOf(name: LayoutName): ReadonlyMap<string, Stroke> {
  const { rows, extra = [] }: LayoutRows = layouts[name];
  const strokes = new Map<string, Stroke>();
  for (const [level, held] of levels) {
    const put = (code: string, character: string | undefined) => {
      if (!character || character === " ") return;
      strokes.set(character, { code, keysym: keysymOf(character), ...held });
    };
    for (const [index, row] of rows.entries())
      for (const [place, character] of [...(row[level] ?? "")].entries())
        put(rowCodes[index]?.[place] ?? "", character);
    for (const key of extra) put(key.code, key[level]);
  }
  for (const [character, code, keysym] of everywhere)
    strokes.set(character, { code, keysym, shift: false, altGr: false });
  return strokes;
}

/** The characters, each once, that no key gives. A line's end may be CR LF. */
export function unmappable(text: string, name: LayoutName): string[] {
  const strokes = strokesOf(name);
  return [...new Set(plainText(text))].filter((character) => !strokes.has(character));
}

/** The strokes of what can be typed. */
export function strokesFor(text: string, name: LayoutName): Stroke[] {
  const strokes = strokesOf(name);
  return [...plainText(text)].flatMap((character) => strokes.get(character) ?? []);
}

/** Composed, as keyboards give it, and with one kind of line end. */
function plainText(text: string): string {
  return text.normalize("NFC").replaceAll(/\r\n?/g, "\n");
}
