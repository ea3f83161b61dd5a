import { expect, test } from "vitest";
import { timeLeft } from "./time-left.ts";

test.each([
  [0, 100, { unit: "seconds", count: 1 }],
  [100, 100, { unit: "seconds", count: 5 }],
  [5_900, 100, { unit: "seconds", count: 60 }],
  [6_000, 100, { unit: "minutes", count: 1 }],
  [6_100, 100, { unit: "minutes", count: 2 }],
  [359_999, 100, { unit: "minutes", count: 60 }],
  [360_000, 100, { unit: "hours", count: 1 }],
  [100, null, null],
  [100, 0, null],
  [50, 0.5, { unit: "minutes", count: 2 }],
  [1e12, 1, null],
])("%i at %s a second", (left, speed, told) => {
  expect(timeLeft(left, speed)).toEqual(told);
});
