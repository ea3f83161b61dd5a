/** Volumes copied out to a file of their own, as qemu-img and qemu-io read it. */
import { execFile } from "node:child_process";
import { randomUUID } from "node:crypto";
import { readdir, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, it } from "vitest";
import type { CopySource, VolumeOrder } from "./driver.ts";
import { type FileHarness, fileHarness } from "./testing/file-harness.ts";

const exec = promisify(execFile);
const mib = 1024 ** 2;

let harness: FileHarness;
let folder: string;
beforeAll(async () => {
  harness = await fileHarness();
  folder = join(harness.volumesDir, "..");
});
afterAll(() => harness?.close());

const signal = () => AbortSignal.timeout(120_000);
const ensure = (order: VolumeOrder) => harness.driver.ensure(order, { signal: signal() });
const ofImage = (sizeBytes = 32 * mib): VolumeOrder => ({
  spec: { volumeId: randomUUID(), sizeBytes, source: harness.image.source },
  imagePath: harness.image.path,
  made: false,
  inUse: null,
});

const newPath = () => join(folder, `${randomUUID()}.qcow2`);

async function copyOut(from: CopySource, ending = signal(), path = newPath()): Promise<string> {
  await harness.driver.copyOut(from, path, { signal: ending, onPercent: () => {} });
  return path;
}

const sizeOf = async (path: string) => {
  const { stdout } = await exec("qemu-img", ["info", "--output=json", path]);
  return JSON.parse(stdout);
};

/** A byte that fills the MiB at this offset, in MiB. */
async function expectByte(path: string, atMib: number, byte: number): Promise<void> {
  const { stdout } = await exec("qemu-io", ["-f", "qcow2", "-c", `read -P ${byte} ${atMib}M 1M`, path]);
  expect(stdout).not.toMatch(/pattern verification failed/i);
}

it("is the volume as it was when the copy was begun, flat, with all that its image gave it", async () => {
  const order = ofImage();
  const { volumeId } = order.spec;
  await ensure(order);
  await harness.write(volumeId, { atMib: 4, byte: 0x11 });
  const copyId = randomUUID();
  await harness.driver.beginCopy(volumeId, copyId);
  await harness.write(volumeId, { atMib: 4, byte: 0x22 });
  const path = await copyOut({ volumeId, copyId });
  await harness.driver.endCopy(volumeId, copyId);
  const { atMib, byte } = harness.image.pattern;
  await expectByte(path, atMib, byte);
  await expectByte(path, 4, 0x11);
  await harness.expectPattern(volumeId, { atMib: 4, byte: 0x22 });
  expect(await sizeOf(path)).toMatchObject({ "virtual-size": 32 * mib, format: "qcow2" });
  expect(await sizeOf(path)).not.toHaveProperty("backing-filename");
  expect((await stat(path)).mode & 0o777).toBe(0o600);
  await expect(copyOut({ volumeId, copyId })).rejects.toMatchObject({ options: { reason: "SourceMissing" } });
});

it("is a snapshot at the size that it was taken at", async () => {
  const order = ofImage();
  const { volumeId } = order.spec;
  await ensure(order);
  await harness.write(volumeId, { atMib: 4, byte: 0x33 });
  const snapshotId = randomUUID();
  await harness.driver.snapshot(volumeId, snapshotId);
  await ensure({ ...order, made: true, spec: { ...order.spec, sizeBytes: 48 * mib } });
  await harness.write(volumeId, { atMib: 4, byte: 0x44 });
  const path = await copyOut({ volumeId, snapshotId, sizeBytes: 32 * mib });
  await expectByte(path, 4, 0x33);
  expect(await sizeOf(path)).toMatchObject({ "virtual-size": 32 * mib });
  const other = { volumeId, snapshotId: randomUUID(), sizeBytes: 32 * mib };
  await expect(copyOut(other)).rejects.toMatchObject({ options: { reason: "SnapshotMissing" } });
});

it("is not begun where there is no room for it, and leaves nothing when it is called off", async () => {
  const order = ofImage();
  const { volumeId } = order.spec;
  await ensure(order);
  await harness.write(volumeId, { atMib: 4, byte: 0x55 });
  const copyId = randomUUID();
  await harness.driver.beginCopy(volumeId, copyId);
  const before = (await readdir(folder)).length;
  const remains = newPath();
  await writeFile(remains, "half of it");
  await harness.fill(true);
  // What a killed copy left goes before it is known whether there is room.
  await expect(copyOut({ volumeId, copyId }, signal(), remains)).rejects.toMatchObject({
    options: { reason: "DiskFull" },
  });
  await harness.fill(false);
  const ending = AbortSignal.abort(new Error("called off"));
  await expect(copyOut({ volumeId, copyId }, ending)).rejects.toThrow("called off");
  expect((await readdir(folder)).length).toBe(before);
});
