import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { CloudError } from "@madang/core/errors";
import type { VolumeReport, VolumeSpec } from "@madang/core/wire/volume";
import type { GuestObservation, LiveDisks } from "@madang/drivers/hypervisor/driver";
import { createStorageDriver, type SimulatedStorage } from "@madang/drivers/storage";
import { pino } from "pino";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { openDisks } from "./disks.ts";
import { type Holders, openHolders } from "./holders.ts";
import { volumeLocks } from "./locks.ts";
import { openVolumeMemory } from "./memory.ts";
import { createVolumes, type Volumes, type VolumesDeps } from "./volumes.ts";

const gib = 1024 ** 3;
const spec = (change: Partial<VolumeSpec> = {}): VolumeSpec => ({
  volumeId: crypto.randomUUID(),
  projectId: crypto.randomUUID(),
  generation: 1,
  desired: "present",
  backend: "file",
  sizeBytes: gib,
  source: { kind: "blank" },
  snapshots: [],
  revert: null,
  ...change,
});
const snapshotOf = (groupId: string | null = null): VolumeSpec["snapshots"][number] => ({
  snapshotId: crypto.randomUUID(),
  desired: "present",
  groupId,
});
const disk = (volumeId: string) => ({
  ...{ attachmentId: crypto.randomUUID(), volumeId, readOnly: false, boot: false, qos: {} },
});

let directory: string;
let storage: SimulatedStorage;
let guests: GuestObservation[];
let taken: { guestId: string; volumeIds: string[] }[];
let locks: ReturnType<typeof volumeLocks>;
let holders: Holders;
let volumes: Volumes;

/** What a running guest does to simulated volumes, written down. */
const live: LiveDisks = {
  snapshot: async (guestId, wanted) => {
    taken.push({ guestId, volumeIds: wanted.map(({ volumeId }) => volumeId) });
    for (const { volumeId, snapshotId } of wanted) await storage.snapshot(volumeId, snapshotId);
  },
  removeSnapshot: (_guestId, volumeId, snapshotId) => storage.removeSnapshot(volumeId, snapshotId),
  beginCopy: (_guestId, volumeId, into) => storage.beginCopy(volumeId, into),
  endCopy: (_guestId, volumeId, into) => storage.endCopy(volumeId, into),
  resize: async () => {},
};
const runs = (...volumeIds: string[]): GuestObservation => ({
  guestId: crypto.randomUUID(),
  name: "one",
  observed: "running",
  stopCause: null,
  rebootSeq: 0,
  disks: volumeIds.map((volumeId) => ({ attachmentId: crypto.randomUUID(), volumeId })),
});

async function start(change: Partial<VolumesDeps> = {}): Promise<Volumes> {
  const driver = {
    liveDisks: live,
    list: async () => guests,
  };
  locks = volumeLocks();
  holders = openHolders(driver);
  const made = createVolumes({
    storage,
    locks,
    holders,
    memory: await openVolumeMemory(directory),
    image: async () => null,
    onChange: () => {},
    log: pino({ level: "silent" }),
    ...change,
  });
  await made.sweep();
  return made;
}
const apply = (...specs: VolumeSpec[]) => volumes.apply({ volumes: specs });
const until = async (volumeId: string, isIt: (report: VolumeReport) => boolean): Promise<VolumeReport> => {
  for (let tries = 0; tries < 8_000; tries++) {
    const report = volumes.report(volumeId);
    if (report && isIt(report)) return report;
    await delay(5);
  }
  throw new Error(`in vain: ${JSON.stringify(volumes.report(volumeId))}`);
};
const settled = ({ volumeId, generation }: VolumeSpec) =>
  until(volumeId, (report) => report.generation === generation && report.phase === null && said(report));
const said = ({ observed }: VolumeReport) => observed !== "unknown";
const here = async (one: VolumeSpec) => {
  apply(one);
  return settled(one);
};

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "madang-agent-volumes-"));
  storage = await createStorageDriver("simulated", { stateFile: join(directory, "simulated.json") });
  guests = [];
  taken = [];
  volumes = await start();
});
afterEach(async () => {
  await volumes.stop();
  await rm(directory, { recursive: true });
});

describe("a volume", () => {
  it("is made, told, extended and removed", async () => {
    const one = spec();
    expect(await here(one)).toMatchObject({
      observed: "available",
      sizeBytes: gib,
      fault: null,
      revertSeq: 0,
    });
    expect(await here({ ...one, generation: 2, sizeBytes: 2 * gib })).toMatchObject({ sizeBytes: 2 * gib });
    expect(volumes.isReady(one.volumeId)).toBe(true);
    const gone = { ...one, generation: 3, desired: "absent" as const };
    expect(await here(gone)).toMatchObject({ observed: "absent", sizeBytes: null });
    expect(await storage.list()).toEqual([]);
  });

  it("is never destroyed by silence, and is an orphan only once somebody could have named it", async () => {
    const one = spec();
    await here(one);
    volumes.apply({});
    expect(volumes.report(one.volumeId)).toMatchObject({ observed: "available" });
    await volumes.stop();
    volumes = await start();
    await volumes.sweep();
    expect(volumes.storage()).toMatchObject({ orphans: [], pools: [{ provisionedBytes: gib }] });
    apply();
    await volumes.sweep();
    expect(volumes.storage()?.orphans).toMatchObject([{ volumeId: one.volumeId }]);
    expect(await here(one)).toMatchObject({ observed: "available" });
    expect(volumes.storage()?.orphans).toEqual([]);
  });

  it("says what it waits for before it is made of an image", async () => {
    const { promise: fetched, resolve } = Promise.withResolvers<string>();
    await volumes.stop();
    volumes = await start({
      image: (_source, onPercent) => {
        onPercent(41.6);
        return fetched;
      },
    });
    const source = { kind: "image" as const, sha256: "a".repeat(64), sizeBytes: 1, virtualSizeBytes: 1 };
    const one = spec({ source: { ...source, format: "qcow2" } });
    apply(one);
    await until(one.volumeId, ({ phase, percent }) => phase === "fetching-image" && percent === 42);
    resolve("/image");
    expect(await settled(one)).toMatchObject({ observed: "available", phase: null, percent: null });
  });

  it("stays as long as a guest has it, running or not, and goes right after", async () => {
    const one = spec();
    await here(one);
    guests = [{ ...runs(one.volumeId), observed: "stopped" }];
    await volumes.sweep();
    apply({ ...one, generation: 2, desired: "absent" });
    const held = await until(one.volumeId, ({ fault }) => fault !== null);
    expect(held).toMatchObject({ generation: 1, observed: "available", fault: { reason: "VolumeInUse" } });
    guests = [];
    volumes.released([one.volumeId]);
    expect(await until(one.volumeId, ({ generation }) => generation === 2)).toMatchObject({
      observed: "absent",
      fault: null,
    });
  });

  it("goes under the generation in which its deletion was asked for", async () => {
    const one = spec({ generation: 2 });
    await here(one);
    apply({ ...one, desired: "absent" });
    expect(await until(one.volumeId, ({ observed }) => observed === "absent")).toMatchObject({
      generation: 2,
      fault: null,
    });
    expect(await storage.list()).toEqual([]);
  });

  it("that found no room is told as failed at once, and tried again when there may be some", async () => {
    storage.knobs.full = true;
    const one = spec();
    const full = { observed: "failed", generation: 1, fault: { reason: "DiskFull", retry: "elsewhere" } };
    expect(await here(one)).toMatchObject(full);
    storage.knobs.full = false;
    volumes.released([one.volumeId]);
    expect(await until(one.volumeId, ({ observed }) => observed === "available")).toMatchObject({
      generation: 1,
      fault: null,
    });
  });

  it("that is lost is told so, also after a restart, and not made anew", async () => {
    const one = spec();
    await here(one);
    storage.lose(one.volumeId);
    await volumes.sweep();
    const lost = { observed: "failed", fault: { reason: "VolumeLost", retry: "never" } };
    expect(await until(one.volumeId, ({ fault }) => fault !== null)).toMatchObject(lost);
    expect(volumes.isReady(one.volumeId)).toBe(false);
    await volumes.stop();
    await storage.remove(one.volumeId, AbortSignal.timeout(5_000));
    volumes = await start();
    apply({ ...one, generation: 2 });
    expect(await until(one.volumeId, ({ generation }) => generation === 2)).toMatchObject(lost);
    expect(await here({ ...one, generation: 3, desired: "absent" })).toMatchObject({ observed: "absent" });
  });

  it("is copied from another with its percent, and leaves nothing behind in it", async () => {
    const source = spec();
    await here(source);
    storage.knobs.slowMs = 200;
    const copy = spec({ source: { kind: "volume", volumeId: source.volumeId } });
    apply(source, copy);
    await until(
      copy.volumeId,
      ({ phase, percent }) => phase === "copying" && percent !== null && percent > 0,
    );
    expect((await storage.observe(source.volumeId))?.copies).toEqual([copy.volumeId]);
    expect(await settled(copy)).toMatchObject({ observed: "available" });
    for (let tries = 0; tries < 500; tries++) {
      if ((await storage.observe(source.volumeId))?.copies.length === 0) return;
      await delay(5);
    }
    throw new Error("the source still bears its copy");
  });

  it("whose copy is ordered away in the middle is gone, and so is what the copy needed", async () => {
    const source = spec();
    await here(source);
    storage.knobs.slowMs = 60_000;
    const copy = spec({ source: { kind: "volume", volumeId: source.volumeId } });
    apply(source, copy);
    await until(copy.volumeId, ({ phase }) => phase === "copying");
    apply(source, { ...copy, generation: 2, desired: "absent" });
    expect(await until(copy.volumeId, ({ generation }) => generation === 2)).toMatchObject({
      observed: "absent",
      phase: null,
    });
    for (let tries = 0; tries < 500; tries++) {
      if ((await storage.observe(source.volumeId))?.copies.length === 0) return;
      await delay(5);
    }
    throw new Error("the source still bears its copy");
  });

  it("is brought to its order whenever the agent ends", async () => {
    const source = spec();
    await here(source);
    storage.knobs.slowMs = 100;
    const snapshot = snapshotOf();
    const copy = spec({ source: { kind: "volume", volumeId: source.volumeId }, snapshots: [snapshot] });
    for (let life = 0; life < 8; life++) {
      apply(source, copy);
      await delay(life * 12);
      await volumes.stop();
      volumes = await start();
    }
    apply(source, copy);
    const end = await settled(copy);
    expect(end).toMatchObject({
      observed: "available",
      snapshots: [{ snapshotId: snapshot.snapshotId, observed: "available" }],
    });
    expect((await storage.observe(copy.volumeId))?.snapshots).toHaveLength(1);
  });
});

describe("snapshots", () => {
  it("of a volume are taken, told and deleted, and it goes back to one once", async () => {
    const one = spec();
    await here(one);
    const snapshot = snapshotOf();
    const { snapshotId } = snapshot;
    const with1 = await here({ ...one, generation: 2, snapshots: [snapshot] });
    expect(with1.snapshots).toEqual([{ snapshotId, observed: "available", quiesced: null, fault: null }]);
    const back = { ...one, generation: 3, snapshots: [snapshot], revert: { seq: 1, snapshotId } };
    expect(await here(back)).toMatchObject({ revertSeq: 1, fault: null });
    const less = { ...back, generation: 4, snapshots: [{ ...snapshot, desired: "absent" as const }] };
    expect((await here(less)).snapshots).toMatchObject([{ snapshotId, observed: "absent" }]);
  });

  it("of a group are taken by the guest that has them all, in one go", async () => {
    const [one, two, other] = [spec(), spec(), spec()];
    apply(one, two, other);
    await Promise.all([one, two, other].map(settled));
    guests = [runs(one.volumeId, two.volumeId)];
    await volumes.sweep();
    const groupId = crypto.randomUUID();
    const next = [one, two].map((each) => ({ ...each, generation: 2, snapshots: [snapshotOf(groupId)] }));
    apply(...next, other);
    for (const each of next)
      expect((await settled(each)).snapshots).toMatchObject([{ observed: "available" }]);
    expect(taken).toEqual([
      { guestId: guests[0]?.guestId, volumeIds: expect.arrayContaining([one.volumeId, two.volumeId]) },
    ]);
  });

  it("of a group that came apart are told as failed, and not taken at another moment", async () => {
    const [one, two] = [spec(), spec()];
    apply(one, two);
    await Promise.all([one, two].map(settled));
    const groupId = crypto.randomUUID();
    const [first, second] = [snapshotOf(groupId), snapshotOf(groupId)];
    await storage.snapshot(one.volumeId, first.snapshotId);
    const late = { ...two, generation: 2, snapshots: [second] };
    apply({ ...one, generation: 2, snapshots: [first] }, late);
    expect((await settled(late)).snapshots).toMatchObject([
      { observed: "failed", fault: { reason: "GroupTorn" } },
    ]);
    expect((await storage.observe(two.volumeId))?.snapshots).toEqual([]);
  });

  it("that found no room are told as failed and stay so, also after a restart; the volume goes on", async () => {
    const one = spec();
    await here(one);
    storage.knobs.full = true;
    const asked = { ...one, generation: 2, snapshots: [snapshotOf()] };
    const failed = { observed: "failed", fault: { reason: "DiskFull", retry: "never" } };
    expect(await here(asked)).toMatchObject({ observed: "available", fault: null, snapshots: [failed] });
    storage.knobs.full = false;
    await volumes.stop();
    volumes = await start();
    expect(await here({ ...asked, generation: 3, sizeBytes: 2 * gib })).toMatchObject({
      sizeBytes: 2 * gib,
      snapshots: [failed],
    });
    expect((await storage.observe(one.volumeId))?.snapshots).toEqual([]);
  });

  it("that vanished are told as lost, neither taken anew nor gone back to", async () => {
    const [lost, kept] = [snapshotOf(), snapshotOf()];
    const one = spec({ snapshots: [lost, kept] });
    await here(one);
    await volumes.stop();
    await storage.removeSnapshot(one.volumeId, lost.snapshotId);
    volumes = await start();
    const failed = { snapshotId: lost.snapshotId, observed: "failed", fault: { reason: "SnapshotLost" } };
    const larger = await here({ ...one, generation: 2, sizeBytes: 2 * gib });
    expect(larger).toMatchObject({ observed: "available", snapshots: [failed, { observed: "available" }] });
    const back = { ...one, generation: 3, revert: { seq: 1, snapshotId: lost.snapshotId } };
    expect(await here(back)).toMatchObject({ revertSeq: 0, fault: { reason: "SnapshotMissing" } });
    expect((await storage.observe(one.volumeId))?.snapshots).toMatchObject([{ snapshotId: kept.snapshotId }]);
    // Nor one whose taking nobody remembers.
    const unheard = snapshotOf();
    const { snapshotId } = unheard;
    const other = { ...one, generation: 4, snapshots: [unheard], revert: { seq: 1, snapshotId } };
    expect(await here(other)).toMatchObject({ revertSeq: 0, snapshots: [{ observed: "failed" }] });
  });

  it("that are still to be taken are taken before it goes back, and if one fails it does not", async () => {
    const calls: string[] = [];
    await volumes.stop();
    const watched = {
      ...storage,
      snapshot: async (...[volumeId, snapshotId]: Parameters<typeof storage.snapshot>) => {
        await storage.snapshot(volumeId, snapshotId);
        calls.push(snapshotId);
      },
      revert: async (...order: Parameters<typeof storage.revert>) => {
        calls.push("revert");
        await storage.revert(...order);
      },
    };
    volumes = await start({ storage: watched });
    const [old, first, second] = [snapshotOf(), snapshotOf(), snapshotOf()];
    const { snapshotId } = old;
    const one = spec({ snapshots: [old] });
    await here(one);
    const once = { ...one, generation: 2, snapshots: [old, first], revert: { seq: 1, snapshotId } };
    expect(await here(once)).toMatchObject({ revertSeq: 1, fault: null });
    expect(calls).toEqual([snapshotId, first.snapshotId, "revert"]);
    storage.knobs.full = true;
    const again = { ...once, generation: 3, snapshots: [old, second], revert: { seq: 2, snapshotId } };
    const refused = { revertSeq: 1, fault: { reason: "RevertRefused", retry: "never" } };
    expect(await here(again)).toMatchObject(refused);
    storage.knobs.full = false;
    await volumes.stop();
    volumes = await start({ storage: watched });
    expect(await here({ ...again, generation: 4 })).toMatchObject(refused);
    expect(calls).toHaveLength(3);
    const anew = { ...again, generation: 5, revert: { seq: 3, snapshotId } };
    expect(await here(anew)).toMatchObject({ revertSeq: 3, fault: null });
  });

  it("of a group of which one failed for now leave none behind, and are taken together later", async () => {
    let fails = 0;
    const [one, two] = [spec(), spec()];
    await volumes.stop();
    const flaky: typeof storage.snapshot = async (volumeId, snapshotId) => {
      const others = (await Promise.all([one, two].map((each) => storage.observe(each.volumeId)))).flatMap(
        (seen) => seen?.snapshots ?? [],
      );
      if (others.length === 1 && fails++ === 0)
        throw new CloudError("Unavailable", "Busy.", { reason: "VolumeBusy", retry: "later" });
      await storage.snapshot(volumeId, snapshotId);
    };
    volumes = await start({ storage: { ...storage, snapshot: flaky } });
    apply(one, two);
    await Promise.all([one, two].map(settled));
    const groupId = crypto.randomUUID();
    const asked = [one, two].map((each) => ({ ...each, generation: 2, snapshots: [snapshotOf(groupId)] }));
    apply(...asked);
    for (const each of asked)
      expect((await settled(each)).snapshots).toMatchObject([{ observed: "available", fault: null }]);
    expect(fails).toBe(2);
  });

  it("are gone back to only when no guest runs with the volume, which nobody is given meanwhile", async () => {
    const snapshot = snapshotOf();
    const one = spec({ snapshots: [snapshot] });
    await here(one);
    guests = [runs(one.volumeId)];
    await volumes.sweep();
    apply({ ...one, generation: 2, revert: { seq: 1, snapshotId: snapshot.snapshotId } });
    expect(await until(one.volumeId, ({ fault }) => fault !== null)).toMatchObject({
      revertSeq: 0,
      fault: { reason: "VolumeInUse", retry: "later" },
    });
    expect(volumes.isReady(one.volumeId)).toBe(false);
    guests = [];
    volumes.released([one.volumeId]);
    expect(await until(one.volumeId, ({ generation }) => generation === 2)).toMatchObject({ revertSeq: 1 });
    expect(volumes.isReady(one.volumeId)).toBe(true);
  });
});

describe("the disks of a guest", () => {
  const signal = () => AbortSignal.timeout(30_000);

  it("are waited for while they are made", async () => {
    const disks = openDisks({ storage, volumes, holders, locks });
    const one = spec();
    storage.knobs.slowMs = 300;
    apply(one);
    const wanted = disk(one.volumeId);
    expect(volumes.isReady(one.volumeId)).toBe(false);
    expect(await disks.connect([wanted], null, signal())).toEqual([
      { ...wanted, connection: { kind: "simulated" } },
    ]);
    expect(volumes.isReady(one.volumeId)).toBe(true);
  });

  it("that it runs with it keeps, though they are lost; a guest that is off is not told of them", async () => {
    const disks = openDisks({ storage, volumes, holders, locks });
    const one = spec();
    await here(one);
    storage.lose(one.volumeId);
    await volumes.sweep();
    await until(one.volumeId, ({ fault }) => fault !== null);
    const guest = runs(one.volumeId);
    expect(await disks.connect([disk(one.volumeId)], guest, signal())).toHaveLength(1);
    expect(await disks.known([disk(crypto.randomUUID())])).toBeUndefined();
  });

  it("are not given to a guest while another one runs with them, whatever is told of that one", async () => {
    const disks = openDisks({ storage, volumes, holders, locks });
    const one = spec();
    const [old, next] = [runs(one.volumeId), runs()];
    const claim = () => disks.claim(next.guestId, [disk(one.volumeId)]);
    guests = [{ ...runs(one.volumeId), observed: "stopped" }, old];
    await expect(claim()).rejects.toMatchObject({ options: { reason: "VolumeInUse", retry: "later" } });
    await disks.claim(old.guestId, [disk(one.volumeId)]);
    guests = [{ ...old, observed: "stopped" }];
    await claim();
  });

  it("differ when others are attached than are asked for", () => {
    const disks = openDisks({ storage, volumes, holders, locks });
    const wanted = disk(crypto.randomUUID());
    const guest = { ...runs(), disks: [wanted] };
    expect(disks.differ({ desired: "running", disks: [wanted] }, guest)).toBe(false);
    expect(disks.differ({ desired: "running" }, guest)).toBe(true);
    expect(disks.differ({ desired: "stopped", disks: [wanted] }, { ...guest, disks: [] })).toBe(true);
    expect(disks.differ({ desired: "absent" }, guest)).toBe(false);
  });

  it("are left alone while something is done to the guest", async () => {
    const disks = openDisks({ storage, volumes, holders, locks });
    const one = spec();
    await here(one);
    const { promise: done, resolve } = Promise.withResolvers<void>();
    const during = disks.during([disk(one.volumeId)], null, signal(), () => done);
    apply({ ...one, generation: 2, sizeBytes: 2 * gib });
    await delay(50);
    expect(await storage.observe(one.volumeId)).toMatchObject({ sizeBytes: gib });
    resolve();
    await during;
    expect(await until(one.volumeId, ({ generation }) => generation === 2)).toMatchObject({
      sizeBytes: 2 * gib,
    });
  });
});

describe("locks of volumes", () => {
  it("never wait for each other, whatever sets are asked for", async () => {
    const held = new Set<string>();
    const work = (volumeIds: string[]) =>
      locks.run(volumeIds, AbortSignal.timeout(30_000), async () => {
        for (const volumeId of volumeIds) {
          expect(held.has(volumeId)).toBe(false);
          held.add(volumeId);
        }
        await delay(1);
        for (const volumeId of volumeIds) held.delete(volumeId);
      });
    const sets = ["ab", "ba", "bc", "ca", "abc", "cba", "a", "c"].map((text) => [...text]);
    await Promise.all(Array.from({ length: 10 }, () => sets.map(work)).flat());
    expect(held.size).toBe(0);
  });

  it("are not given to who has gone, and keep their order", async () => {
    const order: string[] = [];
    const { promise: done, resolve } = Promise.withResolvers<void>();
    const first = locks.run(["a"], AbortSignal.timeout(30_000), () => done);
    const gone = new AbortController();
    const second = locks.run(["a"], gone.signal, async () => void order.push("second"));
    const third = locks.run(["a"], AbortSignal.timeout(30_000), async () => void order.push("third"));
    gone.abort(new Error("gone"));
    await expect(second).rejects.toThrow("gone");
    await delay(5);
    expect(order).toEqual([]);
    resolve();
    await Promise.all([first, third]);
    expect(order).toEqual(["third"]);
  });
});
