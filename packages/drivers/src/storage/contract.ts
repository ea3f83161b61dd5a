/**
 * What every storage driver must do. Run over all registered drivers; the harness brings an oracle that does not ask the
 * driver: what is in a volume, read and written as a guest would.
 */
import { randomUUID } from "node:crypto";
import { CloudError } from "@madang/core/errors";
import type { VolumeSource } from "@madang/core/wire/volume";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { StorageDriver, VolumeOrder } from "./driver.ts";

/** One byte that fills one MiB at this offset, in MiB. */
export type Pattern = { atMib: number; byte: number };

export type StorageHarness = {
  driver: StorageDriver;
  /** An image with a pattern at its first MiB, and its local file. */
  image: { source: Extract<VolumeSource, { kind: "image" }>; path: string | null; pattern: Pattern };
  /** Another driver on the same volumes, as after a restart of the agent. */
  reopen(): Promise<StorageDriver>;
  write(volumeId: string, pattern: Pattern): Promise<void>;
  /** Throws when it is not there. */
  expectPattern(volumeId: string, pattern: Pattern): Promise<void>;
  /** What the oracle takes for its size; null when there is none. */
  sizeOf(volumeId: string): Promise<number | null>;
  lose(volumeId: string): Promise<void>;
  /** Nothing more fits, or again it does. */
  fill(isFull: boolean): Promise<void>;
  /** What is still there by the volume's name. */
  leftovers(volumeId: string): Promise<string[]>;
  close(): Promise<void>;
};

const mib = 1024 ** 2;

export function storageContract(name: string, makeHarness: () => Promise<StorageHarness>): void {
  describe(`the storage driver ${name}`, () => {
    let harness: StorageHarness;
    let driver: StorageDriver;
    beforeAll(async () => {
      harness = await makeHarness();
      driver = harness.driver;
    });
    afterAll(() => harness?.close());

    const signal = () => AbortSignal.timeout(120_000);
    const orderOf = (source: VolumeSource, more: Partial<VolumeOrder["spec"]> = {}): VolumeOrder => ({
      spec: { volumeId: randomUUID(), sizeBytes: 32 * mib, source, ...more },
      imagePath: source.kind === "image" ? harness.image.path : null,
      made: false,
      inUse: null,
    });
    const ensure = (order: VolumeOrder, change: Partial<VolumeOrder> = {}) =>
      driver.ensure({ ...order, ...change }, { signal: signal() });
    const resized = (order: VolumeOrder, sizeBytes: number): VolumeOrder => ({
      ...order,
      spec: { ...order.spec, sizeBytes },
    });
    const blank = async () => {
      const order = orderOf({ kind: "blank" });
      await ensure(order);
      return order;
    };
    const rejection = async (attempt: Promise<unknown>): Promise<CloudError> => {
      const error = await attempt.then(
        () => null,
        (reason: unknown) => reason,
      );
      if (error instanceof CloudError) return error;
      throw new Error(`expected a CloudError, got ${error}`);
    };

    it("makes an empty volume once, and removes it twice", async () => {
      const order = orderOf({ kind: "blank" });
      const { volumeId } = order.spec;
      expect(await driver.observe(volumeId)).toBeNull();
      const first = await ensure(order);
      expect(first).toMatchObject({ volumeId, sizeBytes: 32 * mib, snapshots: [], copies: [], revertSeq: 0 });
      expect(first.usedBytes).toBeLessThan(mib);
      expect(await harness.sizeOf(volumeId)).toBe(32 * mib);
      await harness.expectPattern(volumeId, { atMib: 0, byte: 0 });
      await harness.write(volumeId, { atMib: 3, byte: 0x5a });
      await ensure(order, { made: true });
      await harness.expectPattern(volumeId, { atMib: 3, byte: 0x5a });
      expect(await driver.list()).toContainEqual(expect.objectContaining({ volumeId, isWhole: true }));
      await driver.remove(volumeId, signal());
      await driver.remove(volumeId, signal());
      expect(await driver.observe(volumeId)).toBeNull();
      expect(await harness.leftovers(volumeId)).toEqual([]);
      expect((await driver.list()).filter((one) => one.volumeId === volumeId)).toEqual([]);
    });

    it("makes a volume of an image, which it never writes to", async () => {
      const order = orderOf(harness.image.source);
      const { volumeId } = order.spec;
      const other = orderOf(harness.image.source);
      await ensure(order);
      await harness.expectPattern(volumeId, harness.image.pattern);
      await harness.write(volumeId, { ...harness.image.pattern, byte: 0x77 });
      await ensure(other);
      await harness.expectPattern(other.spec.volumeId, harness.image.pattern);
      await harness.expectPattern(volumeId, { ...harness.image.pattern, byte: 0x77 });
      const snapshotId = randomUUID();
      await driver.snapshot(volumeId, snapshotId);
      await ensure(resized(order, 40 * mib));
      await harness.write(volumeId, { ...harness.image.pattern, byte: 0x78 });
      await driver.revert(volumeId, { seq: 1, snapshotId });
      await harness.expectPattern(volumeId, { ...harness.image.pattern, byte: 0x77 });
      const copy = orderOf({ kind: "snapshot", volumeId, snapshotId });
      await ensure(copy);
      await driver.remove(volumeId, signal());
      await harness.expectPattern(copy.spec.volumeId, { ...harness.image.pattern, byte: 0x77 });
      await driver.remove(copy.spec.volumeId, signal());
      await driver.remove(other.spec.volumeId, signal());
    });

    it("extends and never shrinks", async () => {
      const order = await blank();
      const { volumeId } = order.spec;
      await harness.write(volumeId, { atMib: 1, byte: 1 });
      const phases: string[] = [];
      const larger = await driver.ensure(resized(order, 48 * mib), {
        signal: signal(),
        onPhase: (phase) => phases.push(phase),
      });
      expect(larger.sizeBytes).toBe(48 * mib);
      expect(phases).toEqual(["extending"]);
      expect(await harness.sizeOf(volumeId)).toBe(48 * mib);
      expect((await ensure(order)).sizeBytes).toBe(48 * mib);
      await harness.expectPattern(volumeId, { atMib: 1, byte: 1 });
      await driver.remove(volumeId, signal());
    });

    it("leaves the extending to the guest that runs with it", async () => {
      const order = await blank();
      const asked: number[] = [];
      const inUse = {
        resize: async (bytes: number) => {
          asked.push(bytes);
          throw new CloudError("Unavailable", "Not now.", { reason: "GuestState", retry: "later" });
        },
      };
      const refused = await rejection(ensure(resized(order, 48 * mib), { inUse }));
      expect(refused.toPublic()).toMatchObject({ reason: "GuestState", retry: "later" });
      expect(asked).toEqual([48 * mib]);
      expect(await harness.sizeOf(order.spec.volumeId)).toBe(32 * mib);
      await driver.remove(order.spec.volumeId, signal());
    });

    it("keeps snapshots over extending, reverts across sizes once, and deletes them in any order", async () => {
      const order = await blank();
      const { volumeId } = order.spec;
      const [first, second] = [randomUUID(), randomUUID()];
      await harness.write(volumeId, { atMib: 2, byte: 0x11 });
      await driver.snapshot(volumeId, first);
      await driver.snapshot(volumeId, first);
      await ensure(resized(order, 64 * mib));
      await harness.write(volumeId, { atMib: 2, byte: 0x22 });
      await harness.write(volumeId, { atMib: 60, byte: 0x33 });
      await driver.snapshot(volumeId, second);
      const both = await driver.observe(volumeId);
      expect(both?.snapshots.map(({ snapshotId }) => snapshotId)).toEqual([first, second]);
      expect(both?.snapshots.map(({ quiesced }) => quiesced)).toEqual([null, null]);
      await driver.revert(volumeId, { seq: 1, snapshotId: first });
      expect(await driver.observe(volumeId)).toMatchObject({ sizeBytes: 64 * mib, revertSeq: 1 });
      expect(await harness.sizeOf(volumeId)).toBe(64 * mib);
      await harness.expectPattern(volumeId, { atMib: 2, byte: 0x11 });
      await harness.expectPattern(volumeId, { atMib: 60, byte: 0 });
      await harness.write(volumeId, { atMib: 2, byte: 0x44 });
      await driver.revert(volumeId, { seq: 1, snapshotId: first });
      await harness.expectPattern(volumeId, { atMib: 2, byte: 0x44 });
      await driver.revert(volumeId, { seq: 2, snapshotId: second });
      await harness.expectPattern(volumeId, { atMib: 60, byte: 0x33 });
      await driver.removeSnapshot(volumeId, first);
      await driver.removeSnapshot(volumeId, first);
      const missing = await rejection(driver.revert(volumeId, { seq: 3, snapshotId: first }));
      expect(missing.toPublic()).toMatchObject({ reason: "SnapshotMissing", retry: "never" });
      await driver.removeSnapshot(volumeId, second);
      await harness.expectPattern(volumeId, { atMib: 2, byte: 0x22 });
      expect((await driver.observe(volumeId))?.snapshots).toEqual([]);
      await driver.remove(volumeId, signal());
    });

    it("copies a snapshot as it was, whatever became of the volume", async () => {
      const source = await blank();
      const { volumeId } = source.spec;
      const snapshotId = randomUUID();
      await harness.write(volumeId, { atMib: 5, byte: 0x66 });
      await driver.snapshot(volumeId, snapshotId);
      await harness.write(volumeId, { atMib: 5, byte: 0x67 });
      await ensure(resized(source, 40 * mib));
      const copy = orderOf({ kind: "snapshot", volumeId, snapshotId });
      const phases: string[] = [];
      const made = await driver.ensure(copy, {
        signal: signal(),
        onPhase: (phase, percent) => phases.push(`${phase} ${percent}`),
      });
      expect(phases).toContain("copying 100");
      // As large as it was asked for, which is less than its source is by now.
      expect(made).toMatchObject({ sizeBytes: 32 * mib, snapshots: [] });
      expect(await harness.sizeOf(copy.spec.volumeId)).toBe(32 * mib);
      await driver.remove(volumeId, signal());
      await harness.expectPattern(copy.spec.volumeId, { atMib: 5, byte: 0x66 });
      await driver.remove(copy.spec.volumeId, signal());
    });

    it("copies a volume that was made ready for it, and tells which copies were begun", async () => {
      const source = await blank();
      const { volumeId } = source.spec;
      await harness.write(volumeId, { atMib: 7, byte: 0x71 });
      const copy = orderOf({ kind: "volume", volumeId }, { sizeBytes: 40 * mib });
      const into = copy.spec.volumeId;
      expect((await rejection(ensure(copy))).toPublic().reason).toBe("SourceMissing");
      await driver.beginCopy(volumeId, into);
      await driver.beginCopy(volumeId, into);
      expect(await driver.observe(volumeId)).toMatchObject({ snapshots: [], copies: [into] });
      await harness.write(volumeId, { atMib: 7, byte: 0x72 });
      expect((await ensure(copy)).sizeBytes).toBe(40 * mib);
      await driver.endCopy(volumeId, into);
      await driver.endCopy(volumeId, into);
      expect((await driver.observe(volumeId))?.copies).toEqual([]);
      await harness.expectPattern(into, { atMib: 7, byte: 0x71 });
      await harness.expectPattern(volumeId, { atMib: 7, byte: 0x72 });
      for (const id of [volumeId, into]) await driver.remove(id, signal());
    });

    it("refuses to make a volume of what is larger, or is not here, and leaves nothing", async () => {
      const source = await blank();
      const { volumeId } = source.spec;
      const small = orderOf({ kind: "volume", volumeId }, { sizeBytes: 16 * mib });
      await driver.beginCopy(volumeId, small.spec.volumeId);
      expect((await rejection(ensure(small))).toPublic()).toMatchObject({
        reason: "SourceLarger",
        retry: "never",
      });
      const tight = orderOf({ ...harness.image.source, virtualSizeBytes: 33 * mib });
      expect((await rejection(ensure(tight))).toPublic().reason).toBe("SourceLarger");
      const nowhere = orderOf({ kind: "snapshot", volumeId: randomUUID(), snapshotId: randomUUID() });
      expect((await rejection(ensure(nowhere))).toPublic().reason).toBe("SourceMissing");
      for (const order of [small, tight, nowhere, source]) {
        await driver.remove(order.spec.volumeId, signal());
        expect(await harness.leftovers(order.spec.volumeId)).toEqual([]);
      }
    });

    it("is aborted in the middle of a copy, keeps none of it, and does it all the next time", async () => {
      const source = await blank();
      const { volumeId } = source.spec;
      for (const atMib of [0, 10, 20, 30]) await harness.write(volumeId, { atMib, byte: 0x80 + atMib });
      const snapshotId = randomUUID();
      await driver.snapshot(volumeId, snapshotId);
      const copy = orderOf({ kind: "snapshot", volumeId, snapshotId });
      const abort = new AbortController();
      const attempt = driver.ensure(copy, {
        signal: abort.signal,
        onPhase: () => abort.abort(new Error("enough")),
      });
      await expect(attempt).rejects.toThrow("enough");
      expect(await driver.observe(copy.spec.volumeId)).toBeNull();
      await (await harness.reopen()).ensure(copy, { signal: signal() });
      await harness.expectPattern(copy.spec.volumeId, { atMib: 30, byte: 0x80 + 30 });
      for (const id of [volumeId, copy.spec.volumeId]) await driver.remove(id, signal());
    });

    it("tells that its disk is full, changes nothing, and goes on when there is room", async () => {
      const order = await blank();
      const { volumeId } = order.spec;
      await harness.write(volumeId, { atMib: 4, byte: 0x99 });
      const snapshotId = randomUUID();
      await driver.snapshot(volumeId, snapshotId);
      await harness.fill(true);
      const another = orderOf({ kind: "snapshot", volumeId, snapshotId });
      expect((await rejection(ensure(another))).toPublic()).toMatchObject({ reason: "DiskFull" });
      expect(await driver.observe(another.spec.volumeId)).toBeNull();
      await harness.fill(false);
      await ensure(another);
      await harness.expectPattern(another.spec.volumeId, { atMib: 4, byte: 0x99 });
      await harness.expectPattern(volumeId, { atMib: 4, byte: 0x99 });
      for (const id of [volumeId, another.spec.volumeId]) await driver.remove(id, signal());
    });

    it("tells a loss, and puts nothing in its place", async () => {
      const order = await blank();
      const { volumeId } = order.spec;
      await harness.lose(volumeId);
      const attempts = [
        () => driver.observe(volumeId),
        () => ensure(order),
        () => ensure(order, { made: true }),
        () => driver.snapshot(volumeId, randomUUID()),
      ];
      for (const attempt of attempts)
        expect((await rejection(attempt())).toPublic()).toMatchObject({
          reason: "VolumeLost",
          retry: "never",
        });
      const forgotten = await rejection(ensure(orderOf({ kind: "blank" }), { made: true }));
      expect(forgotten.toPublic().reason).toBe("VolumeLost");
      expect(await driver.list()).toContainEqual(expect.objectContaining({ volumeId, isWhole: false }));
      await driver.connection(volumeId);
      await driver.remove(volumeId, signal());
      expect(await harness.leftovers(volumeId)).toEqual([]);
    });

    it("counts what is promised", async () => {
      const before = await driver.pool();
      const order = await blank();
      const after = await driver.pool();
      expect(after.provisionedBytes - before.provisionedBytes).toBe(32 * mib);
      expect(after.totalBytes).toBeGreaterThan(after.freeBytes);
      expect(await (await harness.reopen()).observe(order.spec.volumeId)).toMatchObject({
        sizeBytes: 32 * mib,
      });
      await driver.remove(order.spec.volumeId, signal());
    });
  });
}
