import { setTimeout as delay } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { volumeLocks } from "./locks.ts";

const locks = volumeLocks();

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
