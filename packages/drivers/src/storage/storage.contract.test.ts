/** The contract over every registered driver, on the real thing. */
import { randomUUID } from "node:crypto";
import { rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { expect, it } from "vitest";
import { qemuUid } from "../disk/owned-file.ts";
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

it("volumes as files are QEMU's to write, and the image below them is linked again when it is lost", async () => {
  const { driver, image, volumesDir, expectPattern, close } = await fileHarness();
  try {
    const spec = { volumeId: randomUUID(), sizeBytes: 32 * 1024 ** 2, source: image.source };
    const order = { spec, imagePath: image.path, made: false, inUse: null };
    const how = { signal: AbortSignal.timeout(60_000) };
    await driver.ensure(order, how);
    const folder = join(volumesDir, spec.volumeId);
    const modeOf = async (name: string) => {
      const { mode, uid, gid } = await stat(join(folder, name));
      return [(mode & 0o777).toString(8), uid, gid];
    };
    expect(await modeOf("volume.qcow2")).toEqual(["600", qemuUid, qemuUid]);
    expect(await modeOf("base.img")).toEqual(["640", 0, qemuUid]);
    expect(await modeOf("volume.json")).toEqual(["600", 0, 0]);
    expect(await modeOf(".")).toEqual(["711", 0, 0]);
    expect((await stat(image.path ?? "")).nlink).toBe(2);
    await rm(join(folder, "base.img"));
    const without = { ...order, imagePath: null, made: true };
    await expect(driver.ensure(without, how)).rejects.toMatchObject({
      options: { reason: "BaseMissing", retry: "later" },
    });
    await driver.ensure({ ...order, made: true }, how);
    await driver.ensure(without, how);
    await expectPattern(spec.volumeId, image.pattern);
  } finally {
    await close();
  }
});
