import { describe, expect, test } from "vitest";
import { type LayoutName, layoutNames, layouts, strokesFor, strokesOf, unmappable } from "./layout.ts";

const ascii = Array.from({ length: 0x7f - 0x20 }, (_, index) => String.fromCharCode(0x20 + index)).join("");
const rowLengths = [13, 13, 11, 10];

/** Where each character that people fight for lies, as keyboards are printed. */
const matrix: [LayoutName, string, string][] = [
  ["us", "@", "Shift+Digit2"],
  ["us", '"', "Shift+Quote"],
  ["us", "|", "Shift+Backslash"],
  ["gb", "@", "Shift+Quote"],
  ["gb", '"', "Shift+Digit2"],
  ["gb", "£", "Shift+Digit3"],
  ["gb", "€", "AltGr+Digit4"],
  ["gb", "#", "Backslash"],
  ["gb", "\\", "IntlBackslash"],
  ["gb", "|", "Shift+IntlBackslash"],
  ["de", "z", "KeyY"],
  ["de", "Y", "Shift+KeyZ"],
  ["de", "@", "AltGr+KeyQ"],
  ["de", "€", "AltGr+KeyE"],
  ["de", "{", "AltGr+Digit7"],
  ["de", "[", "AltGr+Digit8"],
  ["de", "]", "AltGr+Digit9"],
  ["de", "}", "AltGr+Digit0"],
  ["de", "\\", "AltGr+Minus"],
  ["de", "~", "AltGr+BracketRight"],
  ["de", "|", "AltGr+IntlBackslash"],
  ["de", "/", "Shift+Digit7"],
  ["de", "ß", "Minus"],
  ["de", "-", "Slash"],
  ["fr", "a", "KeyQ"],
  ["fr", "1", "Shift+Digit1"],
  ["fr", "é", "Digit2"],
  ["fr", "m", "Semicolon"],
  ["fr", "@", "AltGr+Digit0"],
  ["fr", "#", "AltGr+Digit3"],
  ["fr", "{", "AltGr+Digit4"],
  ["fr", "[", "AltGr+Digit5"],
  ["fr", "|", "AltGr+Digit6"],
  ["fr", "`", "AltGr+Digit7"],
  ["fr", "\\", "AltGr+Digit8"],
  ["fr", "^", "AltGr+Digit9"],
  ["fr", "]", "AltGr+Minus"],
  ["fr", "}", "AltGr+Equal"],
  ["fr", "€", "AltGr+KeyE"],
  ["fr", ".", "Shift+Comma"],
  ["fr", "/", "Shift+Period"],
  ["kr", "@", "Shift+Digit2"],
  ["jp", "@", "BracketLeft"],
  ["jp", '"', "Shift+Digit2"],
  ["jp", "\\", "IntlRo"],
  ["jp", "_", "Shift+IntlRo"],
  ["jp", "|", "Shift+IntlYen"],
  ["jp", "^", "Equal"],
  ["jp", "]", "Backslash"],
  ["jp", ":", "Quote"],
];

test.each(matrix)("on %s the character %s is %s", (name, character, keys) => {
  const stroke = strokesOf(name).get(character);
  expect(stroke && `${stroke.shift ? "Shift+" : ""}${stroke.altGr ? "AltGr+" : ""}${stroke.code}`).toBe(keys);
});

describe.each(layoutNames)("layout %s", (name) => {
  test("no row has more keys than the keyboard, and no stroke gives two characters", () => {
    for (const [index, row] of layouts[name].rows.entries())
      for (const level of [row.plain, row.shift, row.altGr ?? ""])
        expect([...level].length).toBeLessThanOrEqual(rowLengths[index] ?? 0);
    const strokes = [...strokesOf(name)].map(([, { code, shift, altGr }]) => `${code} ${shift} ${altGr}`);
    expect(new Set(strokes).size).toBe(strokes.length);
    expect(strokes.every((stroke) => stroke.split(" ")[0] !== "")).toBe(true);
  });

  test("what it lacks of ASCII is what a dead key has, and is named", () => {
    expect(unmappable(ascii, name)).toEqual(name === "de" ? ["^", "`"] : []);
  });
});

test("line ends are one key, marks are composed, Hangul and pictures are named once each", () => {
  expect(strokesFor("a\r\nb\tc", "us").map(({ code }) => code)).toEqual([
    "KeyA",
    "Enter",
    "KeyB",
    "Tab",
    "KeyC",
  ]);
  expect(unmappable("u\u0308", "de")).toEqual([]);
  expect(unmappable("가나가 🙂 \u0007", "kr")).toEqual(["가", "나", "🙂", "\u0007"]);
});
