import { expect, test } from "vitest";
import { isoText, localText } from "./local-moment.ts";

test("a moment goes into the field and comes back as it was, to the minute", () => {
  const iso = "2026-11-23T03:04:00.000Z";
  expect(isoText(localText(iso))).toBe(iso);
});

test("what is no moment is none", () => {
  for (const text of [undefined, "", "yesterday", "2026-13-40"]) expect(localText(text)).toBe("");
  expect(isoText("")).toBeNull();
});
