/** A real guest without an image: what it wrote on the volume that it booted from outlives it, and goes with the volume. */
import { execFile } from "node:child_process";
import { randomUUID } from "node:crypto";
import { mkdir, readdir } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { guestImage } from "@madang/core/wire/guest";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { StorageDriver } from "../../storage/driver.ts";
import { createStorageDriver } from "../../storage/registry.ts";
import type { GuestVolume } from "../driver.ts";
import { type LibvirtHarness, libvirtHarness } from "../testing/libvirt-harness.ts";
import { type Terminal, terminal } from "../testing/terminal.ts";

const exec = promisify(execFile);
const mib = 1024 ** 2;
/** Beyond what the image's own file systems use. */
const atMib = 140;

describe("a guest that boots from a volume", () => {
  let harness: LibvirtHarness;
  let storage: StorageDriver;
  let volumesDir: string;
  const volumeId = randomUUID();
  const file = () => join(volumesDir, volumeId, "volume.qcow2");
  const signal = () => AbortSignal.timeout(240_000);

  beforeAll(async () => {
    harness = await libvirtHarness();
    volumesDir = join(harness.instancesDir, "..", "volumes");
    await mkdir(volumesDir, { recursive: true });
    storage = await createStorageDriver("file", { volumesDir });
    const { imagePath, spec } = harness.order();
    const source = { kind: "image" as const, ...guestImage.parse(spec.image) };
    const order = { spec: { volumeId, sizeBytes: 160 * mib, source }, imagePath, made: false, inUse: null };
    await storage.ensure(order, { signal: signal() });
  });
  afterAll(() => harness?.close());

  const order = (disks: GuestVolume[]) => {
    const made = harness.order();
    return { ...made, imagePath: null, disks, spec: { ...made.spec, image: null } };
  };
  const root = async (): Promise<GuestVolume> => ({
    ...{ attachmentId: randomUUID(), volumeId, readOnly: false, boot: true, qos: {} },
    connection: await storage.connection(volumeId),
  });

  /** Runs the command in a new guest that boots from the volume, and takes the guest away. */
  async function inGuest(command: string): Promise<string> {
    const wanted = order([await root()]);
    const { guestId } = wanted.spec;
    await harness.driver.ensure(wanted, { signal: signal(), shutdownGraceMs: 0 });
    expect(await readdir(join(harness.instancesDir, guestId))).not.toContain("disk.qcow2");
    const line: Terminal = terminal(await harness.driver.console(guestId, "serial", signal()));
    await line.see(/MADANG-READY/);
    await harness.login(line);
    line.type(`echo "SAID-[$(${command})]-$((6*7))"\r`);
    const [, said = ""] = await line.see(/\nSAID-\[([^\]]*)\]-42/);
    line.close();
    await harness.driver.remove(guestId, signal());
    expect(await harness.leftovers(guestId)).toEqual([]);
    return said.trim();
  }

  it("is not started, and says why, before it has one", async () => {
    const wanted = order([]);
    const { guestId } = wanted.spec;
    const stopped = { ...wanted, spec: { ...wanted.spec, desired: "stopped" as const } };
    expect((await harness.driver.ensure(stopped, { signal: signal() })).observed).toBe("stopped");
    const attempt = harness.driver.ensure(wanted, { signal: signal() });
    await expect(attempt).rejects.toMatchObject({ options: { reason: "NothingToBoot" } });
    expect(await harness.driver.describe(guestId)).toBeNull();
    await harness.driver.remove(guestId, signal());
    expect(await harness.leftovers(guestId)).toEqual([]);
  });

  it("leaves what it wrote to the next one, which knows the disk by the same serial number", async () => {
    const write = `printf kept | dd of=/dev/vda bs=1M seek=${atMib} conv=fsync 2>/dev/null; cat /sys/block/vda/serial`;
    expect(await inGuest(write)).toBe(volumeId.slice(0, 20));
    const read = `dd if=/dev/vda bs=1M skip=${atMib} count=1 2>/dev/null | head -c 4`;
    expect(await inGuest(read)).toBe("kept");
    const { stdout } = await exec("qemu-img", ["info", "--output=json", file()]);
    expect(JSON.parse(stdout)).toMatchObject({ "virtual-size": 160 * mib, format: "qcow2" });
  });

  it("is gone from the disk with its volume", async () => {
    await storage.remove(volumeId, signal());
    expect(await readdir(volumesDir)).toEqual([]);
    await expect(exec("qemu-img", ["info", file()])).rejects.toMatchObject({ code: 1 });
  });
});
