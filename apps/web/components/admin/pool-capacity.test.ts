import { bytesPerGib } from "@madang/core/volume/status";
import { expect, test } from "vitest";
import { inAll, isOverPromised } from "./pool-capacity.ts";

const pool = (totalGib: number, freeGib: number, promisedGib: number) => ({
  totalBytes: totalGib * bytesPerGib,
  freeBytes: freeGib * bytesPerGib,
  promisedGib,
});

test("one that promised more than it has is told, though all together have enough", () => {
  const [small, large] = [pool(10, 9, 11), pool(100, 50, 20)];
  expect([small, large].map(isOverPromised)).toEqual([true, false]);
  expect(inAll([small, large])).toEqual(pool(110, 59, 31));
  expect(isOverPromised(inAll([small, large]))).toBe(false);
  expect(isOverPromised(pool(10, 0, 10))).toBe(false);
});
