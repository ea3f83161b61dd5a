import fc from "fast-check";
import { expect, test } from "vitest";
import { limits, notMore, requestReason, shortfall, storedLimits } from "./request.ts";
import { isMore, quotaExcesses, quotaResources } from "./resource.ts";

const count = fc.record({
  resource: fc.constantFrom(...quotaResources),
  limit: fc.integer({ min: -1, max: 100 }),
  inUse: fc.nat(120),
});

test("what a request is prefilled with is just enough, and more than what is allowed", () => {
  fc.assert(
    fc.property(count, fc.nat(50), (line, wanted) => {
      const asked = shortfall([line], { [line.resource]: wanted });
      const granted = asked[line.resource];
      const blocked = quotaExcesses([line], { [line.resource]: wanted }).length > 0;
      expect(granted !== undefined).toBe(blocked);
      if (granted === undefined) return;
      expect(isMore(granted, line.limit)).toBe(true);
      expect(notMore([line], asked)).toEqual([]);
      expect(quotaExcesses([{ ...line, limit: granted }], { [line.resource]: wanted })).toEqual([]);
      expect(quotaExcesses([{ ...line, limit: granted - 1 }], { [line.resource]: wanted })).toHaveLength(1);
    }),
  );
});

test("unlimited is more than any number, and nothing is more than unlimited", () => {
  expect(isMore(-1, 5)).toBe(true);
  expect(isMore(6, 5)).toBe(true);
  expect(isMore(5, 5)).toBe(false);
  expect(isMore(1_000, -1)).toBe(false);
  expect(isMore(-1, -1)).toBe(false);
});

test.each([
  ["", "reasonRequired"],
  ["  \n ", "reasonRequired"],
  ["x".repeat(2_001), "wordsTooLong"],
  ["nul\0", "wordsCharacters"],
  ["\u202Egnp.exe", "wordsCharacters"],
  ["\ud800", "wordsCharacters"],
  ["bell\u0007", "wordsCharacters"],
])("a reason that says nothing, too much, or lies is refused: %j", (reason, fault) => {
  const parsed = requestReason.safeParse(reason);
  expect(parsed.error?.issues[0]?.message).toBe(fault);
});

test.each(["=cmd|' /C calc'!A0", "two\nlines", "마감이 다음 주라서요 🙏", "<script>alert(1)</script>"])(
  "any other words are only words: %j",
  (reason) => {
    expect(requestReason.parse(reason)).toBe(reason);
  },
);

test("limits name known resources only, and at least one", () => {
  expect(limits.parse({ cores: 40, ram: -1 })).toEqual({ cores: 40, ram: -1 });
  for (const wrong of [
    {},
    { gold: 1 },
    { cores: 1.5 },
    { cores: -2 },
    { cores: 2 ** 31 },
    { __proto__: null },
  ])
    expect(limits.safeParse(wrong).success, JSON.stringify(wrong)).toBe(false);
  expect(storedLimits.parse({ cores: 4, floppies: 2 })).toEqual({ cores: 4 });
  expect(storedLimits.parse("broken")).toEqual({});
});
