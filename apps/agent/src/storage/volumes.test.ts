import { setTimeout as delay } from "node:timers/promises";
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
    expect(at.volumes.isReady(one.volumeId)).toBe(true);
    const gone = { ...one, generation: 3, desired: "absent" as const };
    expect(await here(gone)).toMatchObject({ observed: "absent", sizeBytes: null });
    expect(await at.storage.list()).toEqual([]);
  });

  it("is never destroyed by silence, and is an orphan only once somebody could have named it", async () => {
    const one = spec();
    await here(one);
    at.volumes.apply({});
    expect(at.volumes.report(one.volumeId)).toMatchObject({ observed: "available" });
    await restart();
    await at.volumes.sweep();
    expect(at.volumes.storage()).toBeNull();
    apply();
    await at.volumes.sweep();
    expect(at.volumes.storage()).toMatchObject({
      orphans: [{ volumeId: one.volumeId }],
      pools: [{ provisionedBytes: gib }],
    });
    expect(await here(one)).toMatchObject({ observed: "available" });
    expect(at.volumes.storage()?.orphans).toEqual([]);
  });

  it("says what it waits for before it is made of an image", async () => {
    const { promise: fetched, resolve } = Promise.withResolvers<string>();
    await at.volumes.stop();
    await start({
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
    at.guests = [{ ...runs(one.volumeId), observed: "stopped" }];
    await at.volumes.sweep();
    apply({ ...one, generation: 2, desired: "absent" });
    const held = await until(one.volumeId, ({ fault }) => fault !== null);
    expect(held).toMatchObject({ generation: 1, observed: "available", fault: { reason: "VolumeInUse" } });
    at.guests = [];
    at.volumes.released([one.volumeId]);
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
    expect(await at.storage.list()).toEqual([]);
  });

  it("that found no room is told as failed at once, and tried again when there may be some", async () => {
    at.storage.knobs.full = true;
    const one = spec();
    const full = { observed: "failed", generation: 1, fault: { reason: "DiskFull", retry: "elsewhere" } };
    expect(await here(one)).toMatchObject(full);
    at.storage.knobs.full = false;
    at.volumes.released([one.volumeId]);
    expect(await until(one.volumeId, ({ observed }) => observed === "available")).toMatchObject({
      generation: 1,
      fault: null,
    });
  });

  it("that is lost is told so, also after a restart, and not made anew", async () => {
    const one = spec();
    await here(one);
    at.storage.lose(one.volumeId);
    await at.volumes.sweep();
    const lost = { observed: "failed", fault: { reason: "VolumeLost", retry: "never" } };
    expect(await until(one.volumeId, ({ fault }) => fault !== null)).toMatchObject(lost);
    expect(at.volumes.isReady(one.volumeId)).toBe(false);
    await at.volumes.stop();
    await at.storage.remove(one.volumeId, AbortSignal.timeout(5_000));
    await start();
    apply({ ...one, generation: 2 });
    expect(await until(one.volumeId, ({ generation }) => generation === 2)).toMatchObject(lost);
    expect(await here({ ...one, generation: 3, desired: "absent" })).toMatchObject({ observed: "absent" });
  });

  it("that its hypervisor had is never made anew, though the agent lost all that it remembered", async () => {
    const { storage } = at;
    const one = spec();
    await here(one);
    await closeVolumes();
    await openVolumes();
    expect(await at.storage.list()).toEqual([]);
    const lost = { observed: "failed", fault: { reason: "VolumeLost", retry: "never" } };
    expect(await here({ ...one, made: true })).toMatchObject(lost);
    expect(await at.storage.list()).toEqual([]);
    expect(at.storage).not.toBe(storage);
    // A control plane from before this was told says nothing of it, and a new volume is not there yet.
    expect(await here(spec())).toMatchObject({ observed: "available" });
    expect(await here(spec({ made: false }))).toMatchObject({ observed: "available" });
    const gone = { ...one, generation: 2, desired: "absent" as const, made: true };
    expect(await here(gone)).toMatchObject({ observed: "absent", fault: null });
  });

  it("is not looked at anew because its control plane heard that it was made", async () => {
    const one = spec();
    await here(one);
    let looks = 0;
    await restart({
      storage: {
        ...at.storage,
        observe: (volumeId) => {
          looks++;
          return at.storage.observe(volumeId);
        },
      },
    });
    await here(one);
    const before = looks;
    apply({ ...one, made: true });
    await settled(one);
    expect(looks).toBe(before);
  });

  it("is copied from another with its percent, and leaves nothing behind in it", async () => {
    const source = spec();
    await here(source);
    at.storage.knobs.slowMs = 200;
    const copy = spec({ source: { kind: "volume", volumeId: source.volumeId } });
    apply(source, copy);
    await until(
      copy.volumeId,
      ({ phase, percent }) => phase === "copying" && percent !== null && percent > 0,
    );
    expect((await at.storage.observe(source.volumeId))?.copies).toEqual([copy.volumeId]);
    expect(await settled(copy)).toMatchObject({ observed: "available" });
    for (let tries = 0; tries < 500; tries++) {
      if ((await at.storage.observe(source.volumeId))?.copies.length === 0) return;
      await delay(5);
    }
    throw new Error("the source still bears its copy");
  });

  it("whose copy is ordered away in the middle is gone, and so is what the copy needed", async () => {
    const source = spec();
    await here(source);
    at.storage.knobs.slowMs = 60_000;
    const copy = spec({ source: { kind: "volume", volumeId: source.volumeId } });
    apply(source, copy);
    await until(copy.volumeId, ({ phase }) => phase === "copying");
    apply(source, { ...copy, generation: 2, desired: "absent" });
    expect(await until(copy.volumeId, ({ generation }) => generation === 2)).toMatchObject({
      observed: "absent",
      phase: null,
    });
    for (let tries = 0; tries < 500; tries++) {
      if ((await at.storage.observe(source.volumeId))?.copies.length === 0) return;
      await delay(5);
    }
    throw new Error("the source still bears its copy");
  });

  it("is brought to its order whenever the agent ends", async () => {
    const source = spec();
    await here(source);
    at.storage.knobs.slowMs = 100;
    const snapshot = snapshotOf();
    const copy = spec({ source: { kind: "volume", volumeId: source.volumeId }, snapshots: [snapshot] });
    for (let life = 0; life < 8; life++) {
      apply(source, copy);
      await delay(life * 12);
      await restart();
    }
    apply(source, copy);
    const end = await settled(copy);
    expect(end).toMatchObject({
      observed: "available",
      snapshots: [{ snapshotId: snapshot.snapshotId, observed: "available" }],
    });
    expect((await at.storage.observe(copy.volumeId))?.snapshots).toHaveLength(1);
  });
});
