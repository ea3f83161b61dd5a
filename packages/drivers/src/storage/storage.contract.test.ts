/** The contract over every registered driver, on the real thing. */
import { expect, it } from "vitest";
import { type StorageHarness, storageContract } from "./contract.ts";
import { type StorageKind, storageKinds } from "./registry.ts";
import { fileHarness } from "./testing/file-harness.ts";
import { simulatedStorageHarness } from "./testing/simulated-storage-harness.ts";

const harnesses: Record<StorageKind, () => Promise<StorageHarness>> = {
  file: fileHarness,
  simulated: simulatedStorageHarness,
};

it("has drivers to hold to the contract", () => {
  expect(storageKinds).toContain("file");
});

for (const kind of storageKinds) storageContract(kind, harnesses[kind]);
