/** What the simulator adds to the contract: its knobs, its memory, and a screen that an RFB client can draw. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { openSimulated } from "./fake.ts";
import { testOrder } from "./testing/order.ts";
import { until } from "./testing/until.ts";

const how = () => ({ signal: AbortSignal.timeout(10_000) });

describe("the simulated hypervisor", () => {
  it.each(["later", "elsewhere", "never"] as const)("fails the next start once (%s)", async (retry) => {
    const driver = openSimulated({ knobs: { failNextStart: retry } });
    const order = testOrder({ imagePath: null });
    await expect(driver.ensure(order, how())).rejects.toMatchObject({ options: { retry } });
    expect(await driver.observe(order.spec.guestId)).toMatchObject({ observed: "stopped" });
    expect(await driver.ensure(order, how())).toMatchObject({ observed: "running" });
  });

  it("answers nothing while it has vanished, and still has its guests afterwards", async () => {
    const driver = openSimulated();
    const order = testOrder({ imagePath: null });
    await driver.ensure(order, how());
    driver.knobs.vanish = true;
    await expect(driver.list()).rejects.toMatchObject({ code: "Unavailable" });
    await expect(driver.ensure(order, how())).rejects.toMatchObject({ code: "Unavailable" });
    driver.knobs.vanish = false;
    expect(await driver.list()).toHaveLength(1);
  });

  it("has the volumes that it was given, and a guest that runs may hold on to them", async () => {
    const driver = openSimulated();
    const order = testOrder({ imagePath: null });
    const disk = { attachmentId: crypto.randomUUID(), volumeId: crypto.randomUUID(), boot: false };
    const given = { ...disk, readOnly: false, qos: {}, connection: { kind: "simulated" as const } };
    const { attachmentId, volumeId } = disk;
    expect((await driver.ensure({ ...order, disks: [given] }, how())).disks).toEqual([
      { attachmentId, volumeId },
    ]);
    // Left out, they are not looked at.
    expect((await driver.ensure(order, how())).disks).toEqual([{ attachmentId, volumeId }]);
    driver.knobs.holdDisks = true;
    const held = driver.ensure({ ...order, disks: [] }, how());
    await expect(held).rejects.toMatchObject({ options: { reason: "DiskHeld", retry: "later" } });
    expect((await driver.observe(order.spec.guestId))?.disks).toEqual([{ attachmentId, volumeId }]);
    const off = { ...order, spec: { ...order.spec, desired: "stopped" as const } };
    expect((await driver.ensure({ ...off, disks: [] }, how())).disks).toEqual([]);
  });

  it("keeps its guests over a restart when it has a file for them", async () => {
    const folder = await mkdtemp(join(tmpdir(), "madang-simulated-"));
    const stateFile = join(folder, "guests.json");
    try {
      const order = testOrder({ imagePath: null, rebootSeq: 4 });
      const before = await openSimulated({ stateFile }).ensure(order, how());
      const later = openSimulated({ stateFile });
      expect(await later.list()).toEqual([before]);
      await later.remove(order.spec.guestId, AbortSignal.timeout(1000));
      expect(await openSimulated({ stateFile }).list()).toEqual([]);
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  it("loses all its guests with the power, and does nothing more, not even what was under way", async () => {
    const folder = await mkdtemp(join(tmpdir(), "madang-simulated-"));
    const stateFile = join(folder, "guests.json");
    try {
      const driver = openSimulated({ stateFile });
      const [running, starting] = [testOrder({ imagePath: null }), testOrder({ imagePath: null })];
      await driver.ensure(running, how());
      const told: string[] = [];
      driver.watch((guestId) => told.push(guestId));
      driver.knobs.slowMs = 200;
      const { promise: underWay, resolve } = Promise.withResolvers<void>();
      const attempt = driver.ensure(starting, { ...how(), onPhase: () => resolve() });
      await underWay;
      told.length = 0;
      driver.losePower();
      await expect(attempt).rejects.toMatchObject({ code: "Unavailable" });
      await expect(driver.list()).rejects.toMatchObject({ code: "Unavailable" });
      expect(told).toEqual([]);
      const booted = await openSimulated({ stateFile }).list();
      expect(booted.map(({ observed, stopCause }) => [observed, stopCause])).toEqual([
        ["stopped", "unknown"],
        ["stopped", "unknown"],
      ]);
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  it("lets guests die again and again while told to, each start a new life", async () => {
    const driver = openSimulated({ knobs: { crashAfterMs: 1 } });
    const order = testOrder({ imagePath: null });
    const { guestId } = order.spec;
    for (const times of [1, 2, 3]) {
      await driver.ensure(order, how());
      expect(driver.inspect(guestId)?.life).toBe(String(times));
      await until("its death", async () => (await driver.observe(guestId))?.stopCause === "crashed", 5000);
    }
    driver.knobs.crashAfterMs = null;
    await driver.ensure(order, how());
    expect(await driver.observe(guestId)).toMatchObject({ observed: "running" });
  });

  it("can be aborted while it is slow", async () => {
    const driver = openSimulated({ knobs: { slowMs: 60_000 } });
    const abort = new AbortController();
    const order = testOrder({ imagePath: null });
    const attempt = driver.ensure(order, {
      signal: abort.signal,
      onPhase: () => abort.abort(new Error("enough")),
    });
    await expect(attempt).rejects.toThrow("enough");
  });

  it("draws a picture for an RFB client in the pixels it asks for", async () => {
    const driver = openSimulated();
    const order = testOrder({ imagePath: null });
    await driver.ensure(order, how());
    const screen = await driver.console(order.spec.guestId, "vnc", AbortSignal.timeout(1000));
    let seen = Buffer.alloc(0);
    screen.on("data", (chunk: Buffer) => {
      seen = Buffer.concat([seen, chunk]);
    });
    const take = async (length: number) => {
      await until(`${length} bytes`, async () => seen.length >= length, 5000);
      const part = seen.subarray(0, length);
      seen = seen.subarray(length);
      return part;
    };
    expect(String(await take(12))).toBe("RFB 003.008\n");
    screen.write("RFB 003.008\n");
    expect([...(await take(2))]).toEqual([1, 1]);
    screen.write(Buffer.from([1]));
    expect((await take(4)).readUInt32BE(0)).toBe(0);
    screen.write(Buffer.from([1]));
    const init = await take(24);
    const [width, height] = [init.readUInt16BE(0), init.readUInt16BE(2)];
    expect(String(await take(init.readUInt32BE(20)))).toBe(order.spec.hostname);
    // 16 bits a pixel, then the whole screen; the two messages in odd pieces.
    const format = Buffer.from([0, 0, 0, 0, 16, 16, 0, 1, 0, 31, 0, 63, 0, 31, 11, 5, 0, 0, 0, 0]);
    const request = Buffer.from([3, 0, 0, 0, 0, 0, width >> 8, width & 255, height >> 8, height & 255]);
    for (const byte of Buffer.concat([format, request])) screen.write(Buffer.from([byte]));
    const head = await take(16);
    expect([head.readUInt16BE(2), head.readUInt16BE(8), head.readUInt16BE(10), head.readInt32BE(12)]).toEqual(
      [1, width, height, 0],
    );
    const pixels = await take(width * height * 2);
    expect(new Set(pixels).size).toBeGreaterThan(10);
    screen.destroy();
  });
});
