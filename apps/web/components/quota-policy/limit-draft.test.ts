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

test.each(["1.5", "-2", "many", "1e3", "0x10", "99999999999"])("%s cores are no limit", (draft) => {
  expect(limitOf("cores", draft)).toBeUndefined();
  expect(limitsOf({ instances: "3", cores: draft })).toBeNull();
});

test("memory is typed in GiB, thousands may have commas, and empty says nothing", () => {
  expect(limitsOf({ ram: "1.5", cores: "1,000", instances: " ", key_pairs: "-1" })).toEqual({
    ...{ ram: 1_536, cores: 1_000, key_pairs: -1 },
  });
});
