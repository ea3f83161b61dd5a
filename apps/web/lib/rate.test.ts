import fc from "fast-check";
import { expect, test } from "vitest";
import { type Look, nextLook } from "./rate.ts";

const first: Look = { of: "convert", value: 0, at: 0, rate: null };

test("nothing is known until it has grown, and the same value changes nothing", () => {
  expect(nextLook(first, "convert", 0, 9_000)).toBe(first);
  expect(nextLook(first, "convert", 500, 1_000).rate).toBe(500);
});

test("a burst counts for what it is: old looks fade with their age", () => {
  const steady = nextLook(first, "convert", 1_000, 1_000);
  const burst = nextLook(steady, "convert", 21_000, 6_000);
  // Half of 1,000 and half of 4,000.
  expect(burst.rate).toBeCloseTo(2_500);
});

test("another step, or one that began anew, has a speed of its own", () => {
  const steady = nextLook(first, "convert", 1_000, 1_000);
  expect(nextLook(steady, "store", 2_000, 2_000).rate).toBeNull();
  expect(nextLook(steady, "convert", 10, 2_000).rate).toBeNull();
});

test("it is never below the slowest nor above the fastest of what was seen", () => {
  const steps = fc.array(fc.tuple(fc.integer({ min: 1, max: 10_000 }), fc.integer({ min: 1, max: 60_000 })), {
    minLength: 1,
  });
  fc.assert(
    fc.property(steps, (grown) => {
      const rates = grown.map(([value, ms]) => (value * 1_000) / ms);
      const { rate } = grown.reduce(
        (look, [value, ms]) => nextLook(look, "convert", look.value + value, look.at + ms),
        first,
      );
      expect(rate).toBeGreaterThanOrEqual(Math.min(...rates) * 0.999);
      expect(rate).toBeLessThanOrEqual(Math.max(...rates) * 1.001);
    }),
  );
});
