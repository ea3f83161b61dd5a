import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { buffer } from "node:stream/consumers";
import { CloudError } from "@madang/core/errors";
import type { ExportOrder, ExportReport } from "@madang/core/wire/export";
import { pino } from "pino";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Unreachable } from "../link/route.ts";
import { createExports, type Exports } from "./exports.ts";

const content = Buffer.from("what was in the disk ".repeat(100_000));
const patience = { timeout: 20_000 };

let directory: string;
let exports: Exports;
/** Of the control plane. */
let there: Buffer;
let told: ExportReport[];
let held: Set<string>;
/** Runs before each piece is taken, and before each copy is written. */
let onPiece: () => void | Promise<void>;
let onWrite: (signal: AbortSignal) => void | Promise<void>;
let writes: number;
/** So many times letting go fails. */
let badEnds: number;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "madang-exports-"));
  there = Buffer.alloc(0);
  told = [];
  held = new Set();
  writes = 0;
  badEnds = 0;
  onPiece = () => {};
  onWrite = () => {};
  start();
});
afterEach(async () => {
  await exports.stop();
  await rm(directory, { recursive: true, force: true });
});

const rootCopies = {
  begin: async (_guestId: string, copyId: string) => void held.add(copyId),
  write: async (_guestId: string, _copyId: string, path: string, { signal }: { signal: AbortSignal }) => {
    writes += 1;
    await onWrite(signal);
    signal.throwIfAborted();
    await writeFile(path, content);
  },
  end: async (_guestId: string, copyId: string) => {
    if (badEnds-- > 0) throw later("GuestBusy");
    held.delete(copyId);
  },
};

/** Also as after a restart of the agent. */
function start(): void {
  exports = createExports({
    ...{ directory, rootCopies, volumes: null, log: pino({ level: "silent" }), waitMs: () => 1 },
    link: () => ({
      exported: async (report) => void told.push(report),
      piece: async (_exportId, { offset }, { body, length }) => {
        await onPiece();
        if (offset !== there.length) return there.length;
        const bytes = await buffer(body());
        expect(bytes.length).toBe(length);
        there = Buffer.concat([there, bytes]);
        return there.length;
      },
    }),
  });
}

const order = (): ExportOrder => ({
  exportId: crypto.randomUUID(),
  source: { kind: "guest", guestId: crypto.randomUUID() },
});
const files = () => readdir(join(directory, "exports")).catch(() => []);
const arrived = () => vi.waitUntil(() => there.equals(content), patience);
const gone = () => vi.waitUntil(async () => (await files()).length === 0 && held.size === 0, patience);
const later = (reason: string) => new CloudError("Unavailable", reason, { reason, retry: "later" });

describe("exports", () => {
  it("are copied, let go of, brought, and removed once they are named no longer", async () => {
    const one = order();
    exports.apply({ exports: [one] });
    await arrived();
    expect(held.size).toBe(0);
    // A control plane from before exports says nothing of them.
    exports.apply({});
    exports.apply({ exports: [one] });
    expect(await files()).toEqual([one.exportId]);
    exports.apply({ exports: [] });
    await gone();
    expect(writes).toBe(1);
    await vi.waitUntil(() => told.some(({ percent, fault }) => percent === 100 && fault === null), patience);
  });

  it("go on where the other side is, and when it was away", async () => {
    let asked = 0;
    there = content.subarray(0, 1_000);
    onPiece = () => {
      asked += 1;
      if (asked < 3) throw new Unreachable(new Error("away"));
    };
    exports.apply({ exports: [order()] });
    await arrived();
    expect(writes).toBe(1);
  });

  it("that are whole are only brought again after a restart", async () => {
    const one = order();
    onPiece = () => {
      throw new Unreachable(new Error("away"));
    };
    exports.apply({ exports: [one] });
    const done = join(directory, "exports", one.exportId, "done.json");
    await vi.waitUntil(() => existsSync(done), patience);
    await exports.stop();
    onPiece = () => {};
    start();
    exports.apply({ exports: [one] });
    await arrived();
    expect(writes).toBe(1);
  });

  it("that nobody names after a crash are let go of and removed", async () => {
    const { exportId, source } = order();
    const folder = join(directory, "exports", exportId);
    await mkdir(folder, { recursive: true });
    await writeFile(join(folder, "order.json"), JSON.stringify({ source }));
    await writeFile(join(folder, "image.qcow2"), "half of it");
    held.add(exportId);
    exports.apply({});
    expect(await files()).toEqual([exportId]);
    exports.apply({ exports: [] });
    await gone();
  });

  it("that are called off in the middle leave nothing", async () => {
    const { promise: begun, resolve } = Promise.withResolvers<void>();
    onWrite = async (signal) => {
      resolve();
      await new Promise((_done, fail) => signal.addEventListener("abort", () => fail(signal.reason)));
    };
    exports.apply({ exports: [order()] });
    await begun;
    expect(held.size).toBe(1);
    exports.apply({ exports: [] });
    await gone();
    expect(told.filter(({ fault }) => fault !== null)).toEqual([]);
  });

  it("tell why they can't be made: what may pass is tried again, a full disk ends them", async () => {
    onWrite = () => {
      if (writes === 1) throw later("VolumeBusy");
      throw new CloudError("Unavailable", "full", { reason: "DiskFull", retry: "elsewhere" });
    };
    exports.apply({ exports: [order()] });
    const reasons = () => told.map(({ fault }) => fault && `${fault.reason} ${fault.retry}`);
    await vi.waitUntil(() => reasons().includes("DiskFull never"), patience);
    expect(reasons()).toContain("VolumeBusy later");
    expect(held.size).toBe(0);
    expect(there.length).toBe(0);
  });

  it("are at their end when the control plane takes no more", async () => {
    onPiece = () => {
      throw new CloudError("InvalidState", "closed", { reason: "imageUploadClosed", retry: "never" });
    };
    const one = order();
    exports.apply({ exports: [one] });
    await vi.waitUntil(() => told.some(({ percent }) => percent === 100), patience);
    expect(told.some(({ fault }) => fault !== null)).toBe(false);
    const mark = join(directory, "exports", one.exportId, "order.json");
    expect(JSON.parse(await readFile(mark, "utf8"))).toEqual({ source: one.source });
  });

  it("are let go of though that failed, while they are made and afterwards", async () => {
    badEnds = 1;
    const one = order();
    exports.apply({ exports: [one] });
    await arrived();
    expect(held.size).toBe(0);
    // As an agent leaves one that could not let go of it.
    held.add(one.exportId);
    badEnds = 1;
    exports.apply({ exports: [] });
    await gone();
  });

  it("wait for a control plane that is busy however long, and for one without room", async () => {
    let asked = 0;
    onPiece = () => {
      asked += 1;
      if (asked < 20) throw later(asked % 2 ? "busy" : "imageStoreFull");
    };
    exports.apply({ exports: [order()] });
    await arrived();
    expect(writes).toBe(1);
    expect(told.filter(({ fault }) => fault?.retry === "never")).toEqual([]);
  });

  it("are made one after the other, for they share the disk's room", async () => {
    let [writing, most] = [0, 0];
    const { promise: bothNamed, resolve } = Promise.withResolvers<void>();
    onWrite = async () => {
      most = Math.max(most, ++writing);
      await bothNamed;
      await new Promise(setImmediate);
      writing -= 1;
    };
    exports.apply({ exports: [order(), order()] });
    await vi.waitUntil(() => writes > 0, patience);
    resolve();
    await vi.waitUntil(() => writes === 2 && writing === 0, patience);
    expect(most).toBe(1);
  });

  it("that are named again while they are tidied away begin after that", async () => {
    const one = order();
    const { promise: begun, resolve } = Promise.withResolvers<void>();
    onWrite = (signal) => {
      if (writes > 1) return;
      resolve();
      return new Promise((_done, fail) => signal.addEventListener("abort", () => fail(signal.reason)));
    };
    exports.apply({ exports: [one] });
    await begun;
    exports.apply({ exports: [] });
    exports.apply({ exports: [one] });
    await arrived();
    expect(await files()).toEqual([one.exportId]);
    expect(await readdir(join(directory, "exports", one.exportId))).toContain("done.json");
    expect(writes).toBe(2);
    expect(told.filter(({ fault }) => fault !== null)).toEqual([]);
  });

  it("of volumes are refused where there are none", async () => {
    exports.apply({
      exports: [{ exportId: crypto.randomUUID(), source: { kind: "volume", volumeId: crypto.randomUUID() } }],
    });
    await vi.waitUntil(() => told.some(({ fault }) => fault?.reason === "StorageMissing"), patience);
  });
});
