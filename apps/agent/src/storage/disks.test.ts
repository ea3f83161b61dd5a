import { setTimeout as delay } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import {
  apply,
  at,
  closeVolumes,
  disk,
  gib,
  here,
  openVolumes,
  runs,
  spec,
  until,
} from "../testing/some-volumes.ts";
import { openDisks } from "./disks.ts";

beforeEach(openVolumes);
afterEach(closeVolumes);

describe("the disks of a guest", () => {
  const signal = () => AbortSignal.timeout(30_000);

  it("are waited for while they are made", async () => {
    const disks = openDisks(at);
    const one = spec();
    at.storage.knobs.slowMs = 300;
    apply(one);
    const wanted = disk(one.volumeId);
    expect(at.volumes.isReady(one.volumeId)).toBe(false);
    expect(await disks.connect([wanted], null, signal())).toEqual([
      { ...wanted, connection: { kind: "simulated" } },
    ]);
    expect(at.volumes.isReady(one.volumeId)).toBe(true);
  });

  it("that it runs with it keeps, though they are lost; a guest that is off is not told of them", async () => {
    const disks = openDisks(at);
    const one = spec();
    await here(one);
    at.storage.lose(one.volumeId);
    await at.volumes.sweep();
    await until(one.volumeId, ({ fault }) => fault !== null);
    const guest = runs(one.volumeId);
    expect(await disks.connect([disk(one.volumeId)], guest, signal())).toHaveLength(1);
    expect(await disks.known([disk(crypto.randomUUID())])).toBeUndefined();
  });

  it("are not given to a guest while another one runs with them, whatever is told of that one", async () => {
    const disks = openDisks(at);
    const one = spec();
    const [old, next] = [runs(one.volumeId), runs()];
    const claim = () => disks.claim(next.guestId, [disk(one.volumeId)]);
    at.guests = [{ ...runs(one.volumeId), observed: "stopped" }, old];
    await expect(claim()).rejects.toMatchObject({ options: { reason: "VolumeInUse", retry: "later" } });
    await disks.claim(old.guestId, [disk(one.volumeId)]);
    at.guests = [{ ...old, observed: "stopped" }];
    await claim();
  });

  it("differ when others are attached than are asked for", () => {
    const disks = openDisks(at);
    const wanted = disk(crypto.randomUUID());
    const guest = { ...runs(), disks: [wanted] };
    expect(disks.differ({ desired: "running", disks: [wanted] }, guest)).toBe(false);
    expect(disks.differ({ desired: "running" }, guest)).toBe(true);
    expect(disks.differ({ desired: "stopped", disks: [wanted] }, { ...guest, disks: [] })).toBe(true);
    expect(disks.differ({ desired: "absent" }, guest)).toBe(false);
  });

  it("are left alone while something is done to the guest", async () => {
    const disks = openDisks(at);
    const one = spec();
    await here(one);
    const { promise: done, resolve } = Promise.withResolvers<void>();
    const during = disks.during([disk(one.volumeId)], null, signal(), () => done);
    apply({ ...one, generation: 2, sizeBytes: 2 * gib });
    await delay(50);
    expect(await at.storage.observe(one.volumeId)).toMatchObject({ sizeBytes: gib });
    resolve();
    await during;
    expect(await until(one.volumeId, ({ generation }) => generation === 2)).toMatchObject({
      sizeBytes: 2 * gib,
    });
  });
});
