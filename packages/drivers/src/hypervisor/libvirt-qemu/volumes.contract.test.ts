/**
 * Volumes under a real guest: what it sees of them over its serial line, and what it wrote is there afterwards. One guest
 * lives through all of it, in this order.
 */
import { execFile } from "node:child_process";
import { randomUUID } from "node:crypto";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { guestImage } from "@madang/core/wire/guest";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { StorageDriver } from "../../storage/driver.ts";
import { createStorageDriver } from "../../storage/registry.ts";
import type { GuestOrder, GuestVolume, HypervisorDriver, LiveDisks } from "../driver.ts";
import { createHypervisorDriver } from "../registry.ts";
import { type LibvirtHarness, libvirtHarness } from "../testing/libvirt-harness.ts";
import { type Terminal, terminal } from "../testing/terminal.ts";
import { until } from "../testing/until.ts";

const exec = promisify(execFile);
const mib = 1024 ** 2;
/** What one write of the guest leaves, bytes. */
const written = 128 * 1024;

describe("volumes of a guest under libvirt and QEMU", () => {
  let harness: LibvirtHarness;
  let driver: HypervisorDriver;
  let storage: StorageDriver;
  let live: LiveDisks;
  let volumesDir: string;
  let order: GuestOrder;
  let guestId: string;
  let line: Terminal;
  const volumes: string[] = [];
  const disks: GuestVolume[] = [];
  const snapshots = { first: randomUUID(), second: randomUUID(), group: randomUUID() };

  const signal = () => AbortSignal.timeout(240_000);
  const ensure = (change: Partial<GuestOrder> = {}) =>
    driver.ensure({ ...order, disks, ...change }, { signal: signal(), shutdownGraceMs: 20_000 });
  const make = async (sizeBytes = 64 * mib) => {
    const volumeId = randomUUID();
    const spec = { volumeId, sizeBytes, source: { kind: "blank" as const } };
    await storage.ensure({ spec, imagePath: null, made: false, inUse: null }, { signal: signal() });
    volumes.push(volumeId);
    return volumeId;
  };
  const plug = async (volumeId: string, change: Partial<GuestVolume> = {}): Promise<GuestVolume> => {
    const connection = await storage.connection(volumeId);
    return {
      attachmentId: randomUUID(),
      volumeId,
      readOnly: false,
      boot: false,
      qos: {},
      connection,
      ...change,
    };
  };
  const serial = (volumeId: string) => volumeId.slice(0, 20);
  let asked = 0;
  /** What a command in the guest prints. */
  const ask = async (command: string): Promise<string> => {
    const mark = `M${asked++}`;
    line.type(`echo "${mark}-[$(${command})]-$((6*7))"\r`);
    const [, said = ""] = await line.see(new RegExp(`\\n${mark}-\\[([^\\]]*)\\]-42`));
    return said.trim();
  };
  /** The guest's name for a disk, by its serial number. */
  const nameOf = (volumeId: string) => ask(`grep -l ${serial(volumeId)} /sys/block/vd*/serial | cut -d/ -f4`);
  const write = (name: string, atMib: number, text: string) =>
    ask(
      `yes ${text} | head -c 131072 | dd of=/dev/${name} bs=128k seek=${8 * atMib} count=1 iflag=fullblock conv=fsync 2>/dev/null; sync; echo done`,
    );
  const sum = (name: string, atMib: number) =>
    ask(`dd if=/dev/${name} bs=128k skip=${8 * atMib} count=1 2>/dev/null | md5sum | cut -c1-32`);
  /** From outside, of a volume that no guest has open. */
  const expectText = async (volumeId: string, atMib: number, text: string) => {
    const out = join(volumesDir, "out.raw");
    const file = join(volumesDir, volumeId, "volume.qcow2");
    await exec("qemu-img", ["convert", "-O", "raw", file, out]);
    const { stdout } = await exec("dd", [`if=${out}`, "bs=128k", `skip=${8 * atMib}`, "count=1"], {
      encoding: "latin1",
      maxBuffer: 4 * mib,
    });
    expect(stdout.slice(0, text.length)).toBe(text);
    expect(stdout).toBe(`${text}\n`.repeat(written).slice(0, written));
  };
  const nth = (index: number) => () => volumes[index] ?? "";
  const [volume, other, booted] = [nth(0), nth(1), nth(2)] as const;

  beforeAll(async () => {
    harness = await libvirtHarness();
    driver = harness.driver;
    if (!driver.liveDisks) throw new Error("it changes volumes of running guests");
    live = driver.liveDisks;
    volumesDir = join(harness.instancesDir, "..", "volumes");
    await mkdir(volumesDir, { recursive: true });
    storage = await createStorageDriver("file", { volumesDir });
    order = harness.order();
    guestId = order.spec.guestId;
    await ensure();
    line = terminal(await driver.console(guestId, "serial", signal()));
    await line.see(/MADANG-READY/);
    await harness.login(line);
  });
  afterAll(() => harness?.close());

  it("are attached while it runs, once, and seen by their serial numbers", async () => {
    await make();
    await make();
    disks.push(await plug(volume()), await plug(other(), { qos: { totalIops: 500 } }));
    const seen = await ensure();
    expect(await ensure()).toEqual(seen);
    const ids = disks.map(({ attachmentId, volumeId }) => ({ attachmentId, volumeId }));
    expect(seen.disks).toEqual(ids);
    expect(await driver.list()).toContainEqual(expect.objectContaining({ guestId, disks: ids }));
    expect(await until("the disk in the guest", async () => (await nameOf(volume())) || null)).toMatch(/^vd/);
    expect(await ask(`cat /sys/block/${await nameOf(volume())}/size`)).toBe(String((64 * mib) / 512));
    const xml = await harness.virsh("dumpxml", guestId, "--inactive");
    for (const { volumeId } of disks) expect(xml).toContain(`${volumeId}/volume.qcow2`);
  });

  it("have limits that change while it runs, down to none", async () => {
    const limit = async () => {
      const shown = await harness.virsh("blkdeviotune", guestId, "vdd", "--live");
      return Object.fromEntries(
        [...shown.matchAll(/^(\w+)\s*:\s*(\d+)/gm)].map(([, key, value]) => [key, value]),
      );
    };
    expect(await limit()).toMatchObject({ total_iops_sec: "500", write_bytes_sec: "0" });
    await ensure({
      disks: disks.map((disk) => ({ ...disk, qos: { readIops: 200, writeBytesPerSecond: 5_000_000 } })),
    });
    expect(await limit()).toMatchObject({
      total_iops_sec: "0",
      read_iops_sec: "200",
      write_bytes_sec: "5000000",
    });
    for (const disk of disks) disk.qos = {};
    await ensure();
    expect(await limit()).toMatchObject({ read_iops_sec: "0", write_bytes_sec: "0" });
  });

  it("keep what it wrote, through an extension that it sees", async () => {
    const name = await nameOf(volume());
    expect(await write(name, 1, "before")).toBe("done");
    const before = await sum(name, 1);
    const spec = { volumeId: volume(), sizeBytes: 96 * mib, source: { kind: "blank" as const } };
    const inUse = { resize: (bytes: number) => live.resize(guestId, volume(), bytes) };
    const larger = await storage.ensure({ spec, imagePath: null, made: true, inUse }, { signal: signal() });
    expect(larger.sizeBytes).toBe(96 * mib);
    await until(
      "the new size",
      async () => (await ask(`cat /sys/block/${name}/size`)) === `${(96 * mib) / 512}`,
    );
    await write(name, 80, "beyond");
    expect(await sum(name, 1)).toBe(before);
  });

  it("are snapshotted as it runs, one or all at one instant, and say whether it was at rest", async () => {
    const name = await nameOf(volume());
    const pinged = () => harness.virsh("qemu-agent-command", guestId, '{"execute":"guest-ping"}');
    await until("the guest's agent", () => pinged().catch(() => null));
    await live.snapshot(guestId, [{ volumeId: volume(), snapshotId: snapshots.first }], signal());
    await live.snapshot(guestId, [{ volumeId: volume(), snapshotId: snapshots.first }], signal());
    await write(name, 1, "after-first");
    const both = [volume(), other()].map((volumeId) => ({ volumeId, snapshotId: snapshots.group }));
    await live.snapshot(guestId, both, signal());
    const seen = await storage.observe(volume());
    expect(seen?.snapshots.map(({ snapshotId }) => snapshotId)).toEqual([snapshots.first, snapshots.group]);
    expect(seen?.snapshots.map(({ quiesced }) => quiesced)).toEqual([true, true]);
    expect(await ask("echo alive > /root/thawed && sync && cat /root/thawed")).toBe("alive");
    expect((await storage.observe(other()))?.snapshots).toHaveLength(1);
    expect(await write(name, 2, "thawed")).toBe("done");
    // None of a group is taken when one of them can't be.
    const nowhere = { volumeId: randomUUID(), snapshotId: snapshots.second };
    const attempt = live.snapshot(
      guestId,
      [{ volumeId: other(), snapshotId: snapshots.second }, nowhere],
      signal(),
    );
    await expect(attempt).rejects.toMatchObject({ options: { reason: "VolumeBusy", retry: "later" } });
    expect((await storage.observe(other()))?.snapshots).toHaveLength(1);
    expect(await ask("echo still > /root/thawed && sync && cat /root/thawed")).toBe("still");
  });

  it("are copied while it writes, as they were at that moment", async () => {
    const name = await nameOf(volume());
    const into = randomUUID();
    await live.beginCopy(guestId, volume(), into, signal());
    await live.beginCopy(guestId, volume(), into, signal());
    await write(name, 1, "after-copy");
    const source = { kind: "volume" as const, volumeId: volume() };
    const spec = { volumeId: into, sizeBytes: 96 * mib, source };
    await storage.ensure({ spec, imagePath: null, made: false, inUse: null }, { signal: signal() });
    await live.endCopy(guestId, volume(), into);
    expect(await storage.observe(volume())).toMatchObject({ copies: [] });
    await expectText(into, 1, "after-first");
    await expectText(into, 80, "beyond");
    await storage.remove(into, signal());
  });

  it("stay with it when libvirtd is killed between two steps, and are known to the next driver", async () => {
    await harness.restart("libvirtd");
    const { libvirtDir, instancesDir, log } = harness;
    const next = await createHypervisorDriver("libvirt-qemu", {
      libvirtDir,
      instancesDir,
      virtType: "qemu",
      log,
    });
    const seen = await until("the driver to answer", () => next.observe(guestId).catch(() => null));
    expect(seen.disks?.map(({ volumeId }) => volumeId)).toEqual([volume(), other()]);
    await next.liveDisks?.removeSnapshot(guestId, other(), snapshots.group);
    await next.liveDisks?.removeSnapshot(guestId, other(), snapshots.group);
    expect((await storage.observe(other()))?.snapshots).toEqual([]);
    await next.close();
    await until("our own driver to answer", () => driver.observe(guestId).catch(() => null));
  });

  it("can't be changed behind its back", async () => {
    const attempt = storage.snapshot(other(), randomUUID());
    await expect(attempt).rejects.toMatchObject({ options: { reason: "VolumeBusy", retry: "later" } });
  });

  it("are let go of by it, and only then gone", async () => {
    const gone = disks.pop();
    const seen = await ensure();
    expect(seen.disks?.map(({ volumeId }) => volumeId)).toEqual([volume()]);
    expect(await until("its end in the guest", async () => (await nameOf(other())) === "" && "gone")).toBe(
      "gone",
    );
    expect(await harness.virsh("dumpxml", guestId, "--inactive")).not.toContain(gone?.attachmentId);
    await storage.snapshot(other(), randomUUID());
    // A guest that stands still lets go of nothing, whatever libvirt answers.
    const again = await plug(other());
    await ensure({ disks: [...disks, again] });
    await harness.virsh("suspend", guestId);
    const xml = `<disk type='file' device='disk'><source file='${volumesDir}/${other()}/volume.qcow2'/><target dev='vdd' bus='virtio'/></disk>`;
    const file = join(volumesDir, "disk.xml");
    await writeFile(file, xml);
    await harness.virsh("detach-device", guestId, file, "--live");
    const held = (await driver.observe(guestId))?.disks?.map(({ volumeId }) => volumeId);
    expect(held).toEqual([volume(), other()]);
    await harness.virsh("resume", guestId);
    const after = await until("the guest to let go", () => ensure().catch(() => null));
    expect(after.disks?.map(({ volumeId }) => volumeId)).toEqual([volume()]);
  });

  it("are reverted across sizes while it is off, and it boots with them as ordered", async () => {
    await ensure({ spec: { ...order.spec, desired: "stopped" } });
    line.close();
    await expectText(volume(), 1, "after-copy");
    await storage.revert(volume(), { seq: 1, snapshotId: snapshots.first });
    expect(await storage.observe(volume())).toMatchObject({ sizeBytes: 96 * mib, revertSeq: 1 });
    await expectText(volume(), 1, "before");
    await expectText(volume(), 80, "beyond");
    disks.splice(0);
    const stopped = await ensure({ spec: { ...order.spec, desired: "stopped" } });
    expect(stopped.disks).toEqual([]);
  });

  it("are what it boots from, without a root disk of its own", async () => {
    const { sha256, virtualSizeBytes, sizeBytes, format } = guestImage.parse(order.spec.image);
    const source = { kind: "image" as const, sha256, virtualSizeBytes, sizeBytes, format };
    const volumeId = randomUUID();
    volumes.push(volumeId);
    const spec = { volumeId, sizeBytes: 128 * mib, source };
    const { imagePath } = order;
    await storage.ensure({ spec, imagePath, made: false, inUse: null }, { signal: signal() });
    const next = harness.order();
    const root = await plug(booted(), { boot: true });
    const data = await plug(volume());
    const seen = await driver.ensure(
      { ...next, imagePath: null, disks: [root, data] },
      { signal: signal(), shutdownGraceMs: 0 },
    );
    expect(seen.disks?.map((one) => one.volumeId)).toEqual([booted(), volume()]);
    line = terminal(await driver.console(next.spec.guestId, "serial", signal()));
    await line.see(/MADANG-READY/);
    await harness.login(line);
    expect(await ask("cat /sys/block/vda/serial")).toBe(serial(booted()));
    expect(await ask("cat /sys/block/vda/size")).toBe(String((128 * mib) / 512));
    const name = await nameOf(volume());
    expect(await ask(`dd if=/dev/${name} bs=1M skip=1 count=1 2>/dev/null | head -c 6`)).toBe("before");
    line.close();
    await driver.remove(next.spec.guestId, signal());
    await driver.remove(guestId, signal());
    for (const id of [next.spec.guestId, guestId]) expect(await harness.leftovers(id)).toEqual([]);
    expect(await storage.observe(booted())).toMatchObject({ sizeBytes: 128 * mib });
  });
});
