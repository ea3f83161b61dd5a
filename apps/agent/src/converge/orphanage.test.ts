import { once } from "node:events";
import { describe, expect, it, vi } from "vitest";
import { broken, guestId, spec } from "../testing/scripted-driver.ts";
import { soon, useFleet } from "../testing/scripted-fleet.ts";

const bench = useFleet();
const { order, orderAll, restart, reported } = bench;

describe("an orphan", () => {
  const orphaned = async () => {
    order(spec({ generation: 7 }));
    await reported({ observed: "running" });
    order();
    await soon(() => expect(bench.fleet.orphans()).toHaveLength(1));
  };

  it("is left alone and reported with what is known of it, beyond all that was ever acknowledged", async () => {
    await orphaned();
    expect(bench.driver.calls).toEqual(["ensure running"]);
    expect(bench.fleet.orphans()).toMatchObject([
      { guestId, name: "one", observed: "running", fault: null, body: { hostname: "one", generation: 7 } },
    ]);
    expect(bench.fleet.reports()).toEqual([]);
  });

  it("is nobody before a snapshot came, however often was looked", async () => {
    order(spec());
    await reported({ observed: "running" });
    await restart();
    await bench.fleet.sweep();
    expect(bench.fleet.orphans()).toBeNull();
    order(spec());
    await soon(() => expect(bench.fleet.orphans()).toEqual([]));
  });

  it("is destroyed on order, and only then", async () => {
    await orphaned();
    orderAll([], [guestId]);
    await soon(() => expect(bench.fleet.orphans()).toEqual([]));
    expect(bench.driver.calls).toEqual(["ensure running", "evict"]);
    expect(bench.memory.get(guestId).ackedGeneration).toBeNull();
  });

  it("is not destroyed when a snapshot names it, whatever else is ordered", async () => {
    await orphaned();
    orderAll([spec({ generation: 8 })], [guestId]);
    await reported({ generation: 8, observed: "running" });
    await bench.fleet.sweep();
    expect(bench.driver.calls).not.toContain("evict");
    expect(bench.fleet.orphans()).toEqual([]);
  });

  it("that could not be destroyed says why, and is tried again", async () => {
    await orphaned();
    let failures = 1;
    bench.driver.evicting = () => (failures-- > 0 ? Promise.reject(broken("later")) : Promise.resolve());
    orderAll([], [guestId]);
    await soon(() => expect(bench.fleet.orphans()).toMatchObject([{ fault: { reason: "guestStart" } }]));
    await vi.waitFor(
      async () => {
        await bench.fleet.sweep();
        expect(bench.fleet.orphans()).toEqual([]);
      },
      { timeout: 30_000 },
    );
    expect(bench.driver.calls.filter((call) => call === "evict")).toHaveLength(2);
  });

  it("whose destruction waits is left alone once a snapshot names it, or the order is withdrawn", async () => {
    await orphaned();
    const evictions: AbortSignal[] = [];
    bench.driver.evicting = async (_guestId, signal) => {
      evictions.push(signal);
      await once(signal, "abort");
      signal.throwIfAborted();
    };
    orderAll([], [guestId]);
    await soon(() => expect(evictions).toHaveLength(1));
    orderAll([], []);
    expect(evictions[0]?.aborted).toBe(true);
    await soon(async () => {
      orderAll([], [guestId]);
      await bench.fleet.sweep();
      expect(evictions).toHaveLength(2);
    });
    orderAll([spec({ generation: 8 })], [guestId]);
    expect(evictions[1]?.aborted).toBe(true);
    await reported({ generation: 8, observed: "running" });
    expect(bench.driver.guests.has(guestId)).toBe(true);
    expect(bench.fleet.orphans()).toEqual([]);
  });
});
