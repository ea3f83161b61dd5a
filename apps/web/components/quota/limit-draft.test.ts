import fc from "fast-check";
import { expect, test } from "vitest";
import { draftOf, limitOf, limitsOf } from "./limit-draft.ts";

test("what is shown of a limit says the same limit again", () => {
  fc.assert(
    fc.property(
      fc.constantFrom("instances", "cores", "ram"),
      fc.integer({ min: -1, max: 2 ** 31 - 1 }),
      (resource, limit) => {
        expect(limitOf(resource, draftOf(resource, limit))).toBe(limit);
      },
    ),
  );
});

test.each(["1.5", "-2", "many", "1e3", "0x10", "99999999999", "1,5", "1,50", "1,0000", ",100", "1,,000"])(
  "%s cores are no limit",
  (draft) => {
    expect(limitOf("cores", draft)).toBeUndefined();
    expect(limitsOf({ instances: "3", cores: draft })).toBeNull();
  },
);

test.each([
  ["cores", "1,024", 1_024],
  ["cores", "2,147,483,647", 2_147_483_647],
  ["cores", " 20 ", 20],
  ["cores", "-1", -1],
  ["ram", "1,024.5", 1_049_088],
  ["ram", "0.5", 512],
  ["ram", "1,5", undefined],
  ["ram", "2,097,152", undefined],
] as const)("for %s %s says %s", (resource, draft, limit) => {
  expect(limitOf(resource, draft)).toBe(limit);
});

test("memory is typed in GiB, thousands may have commas, and empty says nothing", () => {
  expect(limitsOf({ ram: "1.5", cores: "1,000", instances: " ", key_pairs: "-1" })).toEqual({
    ...{ ram: 1_536, cores: 1_000, key_pairs: -1 },
  });
});
