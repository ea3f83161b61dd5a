import { CloudError } from "@madang/core/errors";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import {
  apply,
  at,
  closeVolumes,
  gib,
  here,
  openVolumes,
  restart,
  runs,
  settled,
  snapshotOf,
  spec,
  start,
  until,
} from "../testing/some-volumes.ts";

beforeEach(openVolumes);
afterEach(closeVolumes);

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
    at.guests = [runs(one.volumeId, two.volumeId)];
    await at.volumes.sweep();
    const groupId = crypto.randomUUID();
    const next = [one, two].map((each) => ({ ...each, generation: 2, snapshots: [snapshotOf(groupId)] }));
    apply(...next, other);
    for (const each of next)
      expect((await settled(each)).snapshots).toMatchObject([{ observed: "available" }]);
    expect(at.taken).toEqual([
      { guestId: at.guests[0]?.guestId, volumeIds: expect.arrayContaining([one.volumeId, two.volumeId]) },
    ]);
  });

  it("of a group that came apart are told as failed, and not taken at another moment", async () => {
    const [one, two] = [spec(), spec()];
    apply(one, two);
    await Promise.all([one, two].map(settled));
    const groupId = crypto.randomUUID();
    const [first, second] = [snapshotOf(groupId), snapshotOf(groupId)];
    await at.storage.snapshot(one.volumeId, first.snapshotId);
    const late = { ...two, generation: 2, snapshots: [second] };
    apply({ ...one, generation: 2, snapshots: [first] }, late);
    expect((await settled(late)).snapshots).toMatchObject([
      { observed: "failed", fault: { reason: "GroupTorn" } },
    ]);
    expect((await at.storage.observe(two.volumeId))?.snapshots).toEqual([]);
  });

  it("that found no room are told as failed and stay so, also after a restart; the volume goes on", async () => {
    const one = spec();
    await here(one);
    at.storage.knobs.full = true;
    const asked = { ...one, generation: 2, snapshots: [snapshotOf()] };
    const failed = { observed: "failed", fault: { reason: "DiskFull", retry: "never" } };
    expect(await here(asked)).toMatchObject({ observed: "available", fault: null, snapshots: [failed] });
    at.storage.knobs.full = false;
    await restart();
    expect(await here({ ...asked, generation: 3, sizeBytes: 2 * gib })).toMatchObject({
      sizeBytes: 2 * gib,
      snapshots: [failed],
    });
    expect((await at.storage.observe(one.volumeId))?.snapshots).toEqual([]);
  });

  it("that vanished are told as lost, neither taken anew nor gone back to", async () => {
    const [lost, kept] = [snapshotOf(), snapshotOf()];
    const one = spec({ snapshots: [lost, kept] });
    await here(one);
    await at.volumes.stop();
    await at.storage.removeSnapshot(one.volumeId, lost.snapshotId);
    await start();
    const failed = { snapshotId: lost.snapshotId, observed: "failed", fault: { reason: "SnapshotLost" } };
    const larger = await here({ ...one, generation: 2, sizeBytes: 2 * gib });
    expect(larger).toMatchObject({ observed: "available", snapshots: [failed, { observed: "available" }] });
    const back = { ...one, generation: 3, revert: { seq: 1, snapshotId: lost.snapshotId } };
    expect(await here(back)).toMatchObject({ revertSeq: 0, fault: { reason: "SnapshotMissing" } });
    expect((await at.storage.observe(one.volumeId))?.snapshots).toMatchObject([
      { snapshotId: kept.snapshotId },
    ]);
    // Nor one whose taking nobody remembers.
    const unheard = snapshotOf();
    const { snapshotId } = unheard;
    const other = { ...one, generation: 4, snapshots: [unheard], revert: { seq: 1, snapshotId } };
    expect(await here(other)).toMatchObject({ revertSeq: 0, snapshots: [{ observed: "failed" }] });
  });

  it("that are still to be taken are taken before it goes back, and if one fails it does not", async () => {
    const calls: string[] = [];
    await at.volumes.stop();
    const watched = {
      ...at.storage,
      snapshot: async (...[volumeId, snapshotId]: Parameters<typeof at.storage.snapshot>) => {
        await at.storage.snapshot(volumeId, snapshotId);
        calls.push(snapshotId);
      },
      revert: async (...order: Parameters<typeof at.storage.revert>) => {
        calls.push("revert");
        await at.storage.revert(...order);
      },
    };
    await start({ storage: watched });
    const [old, first, second] = [snapshotOf(), snapshotOf(), snapshotOf()];
    const { snapshotId } = old;
    const one = spec({ snapshots: [old] });
    await here(one);
    const once = { ...one, generation: 2, snapshots: [old, first], revert: { seq: 1, snapshotId } };
    expect(await here(once)).toMatchObject({ revertSeq: 1, fault: null });
    expect(calls).toEqual([snapshotId, first.snapshotId, "revert"]);
    at.storage.knobs.full = true;
    const again = { ...once, generation: 3, snapshots: [old, second], revert: { seq: 2, snapshotId } };
    const refused = { revertSeq: 1, fault: { reason: "RevertRefused", retry: "never" } };
    expect(await here(again)).toMatchObject(refused);
    at.storage.knobs.full = false;
    await at.volumes.stop();
    await start({ storage: watched });
    expect(await here({ ...again, generation: 4 })).toMatchObject(refused);
    expect(calls).toHaveLength(3);
    const anew = { ...again, generation: 5, revert: { seq: 3, snapshotId } };
    expect(await here(anew)).toMatchObject({ revertSeq: 3, fault: null });
  });

  it("of a group of which one failed for now leave none behind, and are taken together later", async () => {
    let fails = 0;
    const [one, two] = [spec(), spec()];
    await at.volumes.stop();
    const flaky: typeof at.storage.snapshot = async (volumeId, snapshotId) => {
      const others = (await Promise.all([one, two].map((each) => at.storage.observe(each.volumeId)))).flatMap(
        (seen) => seen?.snapshots ?? [],
      );
      if (others.length === 1 && fails++ === 0)
        throw new CloudError("Unavailable", "Busy.", { reason: "VolumeBusy", retry: "later" });
      await at.storage.snapshot(volumeId, snapshotId);
    };
    await start({ storage: { ...at.storage, snapshot: flaky } });
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
    at.guests = [runs(one.volumeId)];
    await at.volumes.sweep();
    apply({ ...one, generation: 2, revert: { seq: 1, snapshotId: snapshot.snapshotId } });
    expect(await until(one.volumeId, ({ fault }) => fault !== null)).toMatchObject({
      revertSeq: 0,
      fault: { reason: "VolumeInUse", retry: "later" },
    });
    expect(at.volumes.isReady(one.volumeId)).toBe(false);
    at.guests = [];
    at.volumes.released([one.volumeId]);
    expect(await until(one.volumeId, ({ generation }) => generation === 2)).toMatchObject({ revertSeq: 1 });
    expect(at.volumes.isReady(one.volumeId)).toBe(true);
  });

  it("are gone back to no more once that is called off, also by an agent that starts with older orders", async () => {
    const snapshot = snapshotOf();
    const { snapshotId } = snapshot;
    const one = spec({ snapshots: [snapshot] });
    await here(one);
    at.guests = [runs(one.volumeId)];
    const asked = { ...one, generation: 2, revert: { seq: 1, snapshotId } };
    apply(asked);
    await until(one.volumeId, ({ fault }) => fault?.reason === "VolumeInUse");
    const calledOff = { ...one, generation: 3 };
    expect(await here(calledOff)).toMatchObject({ revertSeq: 0, fault: null });
    at.guests = [];
    expect(at.volumes.isReady(one.volumeId)).toBe(true);
    // On a full disk the orders of generation 3 were not saved; an answer to older ones is no leave to go back later.
    for (let starts = 0; starts < 2; starts++) {
      await restart();
      apply(asked);
      await until(one.volumeId, ({ observed, phase }) => observed === "available" && phase === null);
      expect(await at.storage.observe(one.volumeId)).toMatchObject({ revertSeq: 0 });
    }
    expect(await here(calledOff)).toMatchObject({ revertSeq: 0 });
    expect(await here({ ...one, generation: 4, revert: { seq: 2, snapshotId } })).toMatchObject({
      revertSeq: 2,
    });
  });

  it("whose going back began are gone back to, though it is called off in the middle", async () => {
    const snapshot = snapshotOf();
    const { snapshotId } = snapshot;
    const one = spec({ snapshots: [snapshot] });
    await here(one);
    const [began, end] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    const slow: typeof at.storage.revert = async (...order) => {
      began.resolve();
      await end.promise;
      await at.storage.revert(...order);
    };
    await restart({ storage: { ...at.storage, revert: slow } });
    apply({ ...one, generation: 2, revert: { seq: 1, snapshotId } });
    await began.promise;
    const calledOff = { ...one, generation: 3 };
    apply(calledOff);
    end.resolve();
    expect(await settled(calledOff)).toMatchObject({ generation: 3, revertSeq: 1, fault: null });
  });

  it("to which going back was cut short are gone back to before any guest has the volume", async () => {
    const snapshot = snapshotOf();
    const { snapshotId } = snapshot;
    const one = spec({ snapshots: [snapshot] });
    await here(one);
    let reverting: { seq: number; snapshotId: string } | null = { seq: 1, snapshotId };
    let failures = 2;
    const torn: Partial<typeof at.storage> = {
      observe: async (volumeId) => {
        const seen = await at.storage.observe(volumeId);
        return seen && { ...seen, reverting };
      },
      revert: async (...order) => {
        if (failures-- > 0)
          throw new CloudError("Unavailable", "Busy.", { reason: "DiskFault", retry: "later" });
        await at.storage.revert(...order);
        reverting = null;
      },
    };
    const { storage } = at;
    const ensure: typeof storage.ensure = async (...order) => ({
      ...(await storage.ensure(...order)),
      reverting,
    });
    await restart({ storage: { ...storage, ...torn, ensure } });
    // The snapshot is to go as well: not before it was gone back to.
    const less = { ...one, generation: 3, snapshots: [{ ...snapshot, desired: "absent" as const }] };
    apply(less);
    const failing = await until(one.volumeId, ({ fault }) => fault !== null);
    expect(failing).toMatchObject({ generation: 1, observed: "available", revertSeq: 0 });
    expect(at.volumes.isReady(one.volumeId)).toBe(false);
    expect(await settled(less)).toMatchObject({ revertSeq: 1, fault: null });
    expect(at.volumes.isReady(one.volumeId)).toBe(true);
    expect((await storage.observe(one.volumeId))?.snapshots).toEqual([]);
  });
});
