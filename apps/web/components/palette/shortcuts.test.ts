import { expect, test } from "vitest";
import { journeys, type Pressed, shortcuts, wishOf } from "./shortcuts.ts";

const none = { ctrlKey: false, metaKey: false, altKey: false, shiftKey: false, isComposing: false };
const pressed = (key: string, code: string, more: Partial<Pressed> = {}): Pressed => ({
  ...none,
  key,
  code,
  ...more,
});
const idle = { afterG: false, typing: false };
const typing = { afterG: false, typing: true };

test("Ctrl-K and Cmd-K open the palette, in a field too, whatever letter the keyboard's language makes of it", () => {
  for (const more of [{ ctrlKey: true }, { metaKey: true }])
    for (const key of ["k", "ㅏ", "К"])
      expect(wishOf(pressed(key, "KeyK", more), typing)).toEqual({ open: "palette" });
  expect(wishOf(pressed("K", "KeyK", { ctrlKey: true, shiftKey: true }), idle)).toBeNull();
  expect(wishOf(pressed("k", "KeyK"), idle)).toBeNull();
});

test("letters are letters while somebody types or composes", () => {
  for (const [key, code] of [
    ["?", "Slash"],
    ["g", "KeyG"],
    ["c", "KeyC"],
  ] as const)
    expect(wishOf(pressed(key, code), typing), key).toBeNull();
  expect(wishOf(pressed("?", "Slash", { isComposing: true }), idle)).toBeNull();
});

test("G and a second key lead to a page, in Korean too, and every one listed is bound", () => {
  expect(wishOf(pressed("ㅎ", "KeyG"), idle)).toBe("g");
  for (const { keys, page } of journeys)
    expect(wishOf(pressed("x", `Key${keys[1]}`), { afterG: true, typing: false })).toEqual({ page });
  expect(wishOf(pressed("i", "KeyI"), idle)).toBeNull();
  expect(wishOf(pressed("c", "KeyC"), idle)).toEqual({ page: "/instances/launch" });
  expect(wishOf(pressed("c", "KeyC", { ctrlKey: true }), idle)).toBeNull();
  expect(new Set([...shortcuts, ...journeys].map(({ keys }) => keys.join(" "))).size).toBe(
    shortcuts.length + journeys.length,
  );
});
