import { setTimeout as delay } from "node:timers/promises";
import { CloudError } from "@madang/core/errors";
import type { VolumeSpec } from "@madang/core/wire/volume";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import {
  apply,
  at,
  closeVolumes,
  here,
  openVolumes,
  restart,
  runs,
  settled,
  spec,
} from "../testing/some-volumes.ts";

beforeEach(openVolumes);
afterEach(closeVolumes);

describe("a volume", () => {
  it("that nobody names is removed by order alone, and never while it is named or a guest has it", async () => {
    const [one, named] = [spec(), spec()];
    apply(one, named);
    await Promise.all([one, named].map(settled));
    const order = (...ids: string[]) =>
      at.volumes.apply({
        volumes: [named],
        orphanVolumeOrders: ids.map((volumeId) => ({ volumeId, action: "remove" as const })),
      });
    at.guests = [{ ...runs(one.volumeId), observed: "stopped" }];
    order(one.volumeId, named.volumeId, crypto.randomUUID());
    await at.volumes.sweep();
    await vi.waitFor(() =>
      expect(at.volumes.storage()?.orphans).toMatchObject([
        { volumeId: one.volumeId, fault: { reason: "VolumeInUse" } },
      ]),
    );
    expect(await at.storage.list()).toHaveLength(2);
    at.guests = [];
    await restart();
    order();
    await at.volumes.sweep();
    expect(await at.storage.list()).toHaveLength(2);
    order(one.volumeId, named.volumeId);
    await vi.waitFor(() => expect(at.volumes.storage()?.orphans).toEqual([]));
    expect(await at.storage.list()).toMatchObject([{ volumeId: named.volumeId }]);
    // Named anew, it is another volume: what was remembered of it went with it.
    expect(await here({ ...one, generation: 1 })).toMatchObject({ observed: "available" });
  });

  it("whose removal waits for its lock stays once it is named again, or the order is withdrawn", async () => {
    const one = spec();
    await here(one);
    const order = (volumes: VolumeSpec[], ...ids: string[]) =>
      at.volumes.apply({
        volumes,
        orphanVolumeOrders: ids.map((volumeId) => ({ volumeId, action: "remove" as const })),
      });
    for (const again of [[], [one]]) {
      const { promise: held, resolve: letGo } = Promise.withResolvers<void>();
      apply();
      await at.volumes.sweep();
      const holding = at.locks.run([one.volumeId], new AbortController().signal, () => held);
      order([], one.volumeId);
      order(again, ...again.map(({ volumeId }) => volumeId));
      letGo();
      await holding;
      // Whoever comes now comes after the removal.
      await at.locks.run([one.volumeId], new AbortController().signal, async () => {});
      expect(await at.storage.list()).toMatchObject([{ volumeId: one.volumeId }]);
    }
    expect(await settled(one)).toMatchObject({ observed: "available", fault: null });
  });

  it("whose order is withdrawn while it is asked who has it is not removed, and a stop waits for that", async () => {
    const one = spec();
    await here(one);
    const [asked, answer] = [Promise.withResolvers<void>(), Promise.withResolvers<null>()];
    const of = () => {
      asked.resolve();
      return answer.promise;
    };
    await restart({ holders: { ...at.holders, of } });
    const { volumeId } = one;
    const orphanVolumeOrders = [{ volumeId, action: "remove" as const }];
    at.volumes.apply({ volumes: [], orphanVolumeOrders });
    await at.volumes.sweep();
    await asked.promise;
    at.volumes.apply({ volumes: [], orphanVolumeOrders: [] });
    let isStopped = false;
    const stopping = at.volumes.stop().then(() => {
      isStopped = true;
    });
    await delay(20);
    expect(isStopped).toBe(false);
    answer.resolve(null);
    await stopping;
    expect(await at.storage.list()).toMatchObject([{ volumeId }]);
  });

  it("whose removal failed is tried at once when that is asked for again", async () => {
    const one = spec();
    await here(one);
    const { volumeId } = one;
    let tries = 0;
    const remove: typeof at.storage.remove = async (...which) => {
      if (++tries === 1)
        throw new CloudError("Unavailable", "Busy.", { reason: "VolumeBusy", retry: "later" });
      await at.storage.remove(...which);
    };
    await restart({ storage: { ...at.storage, remove } });
    const order = (requestedAt: string) =>
      at.volumes.apply({ volumes: [], orphanVolumeOrders: [{ volumeId, action: "remove", requestedAt }] });
    order("2026-11-22T23:00:00.000+00:00");
    await at.volumes.sweep();
    await vi.waitFor(() =>
      expect(at.volumes.storage()?.orphans).toMatchObject([{ fault: { reason: "VolumeBusy" } }]),
    );
    // Not yet: it waits longer after each failure.
    await at.volumes.sweep();
    expect(tries).toBe(1);
    order("2026-11-22T23:00:01.000+00:00");
    expect(tries).toBe(1);
    await vi.waitFor(() => expect(at.volumes.storage()?.orphans).toEqual([]));
    expect(tries).toBe(2);
  });
});
