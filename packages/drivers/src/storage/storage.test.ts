/** The contract in the unit lane: drivers that need nothing but this process. */
import { expect, it } from "vitest";
import { changeLimitMs } from "../disk/qemu-img.ts";
import { storageContract } from "./contract.ts";
import { simulatedStorageHarness } from "./testing/simulated-storage-harness.ts";

storageContract("simulated", simulatedStorageHarness);

it("a large volume is given time for its snapshots", () => {
  expect(changeLimitMs(0)).toBe(120_000);
  expect(changeLimitMs(2 * 1024 ** 4)).toBeGreaterThan(24 * 3_600_000);
  expect(changeLimitMs(1024 ** 5)).toBeLessThan(2 ** 31);
});
