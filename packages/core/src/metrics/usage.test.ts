import fc from "fast-check";
import { expect, test } from "vitest";
import type { GuestSample } from "../wire/metrics.ts";
import { levels, slotOf } from "./level.ts";
import { type Seen, usageBetween } from "./usage.ts";

const seen = (change: Partial<GuestSample>, clockMs: number, more: Partial<Seen> = {}): Seen => ({
  sample: {
    ...{ guestId: "0b3ec3cd-2b60-4b8c-ae9d-41ab3a7bd4ee", life: "1", cpuUs: 0 },
    ...{ residentKib: null, usedKib: null, disks: [], nics: [], ...change },
  },
  ...{ run: "run", clockMs, atMs: clockMs, ...more },
});
const nic = (inBytes: number) => [{ name: "tap0", inBytes, outBytes: 0, inPackets: 0, outPackets: 0 }];

test("what was used, over the time of the agent's own clock", () => {
  const before = seen({ cpuUs: 1_000_000, nics: nic(5) }, 0);
  const after = seen({ cpuUs: 3_500_000, nics: nic(25), usedKib: 2048 }, 10_000, { atMs: 25_000 });
  expect(usageBetween(before, after, 1)).toMatchObject({
    ...{ seconds: 10, cpuMs: 2_500, usedMib: 2, inBytes: 20, devices: { "nic:tap0": [20, 0, 0, 0] } },
  });
});

test("memory that no column holds is not known", () => {
  const after = seen({ residentKib: 2 ** 31 * 1_024, usedKib: Number.MAX_SAFE_INTEGER }, 10_000);
  expect(usageBetween(seen({}, 0), after, 1)).toMatchObject({
    seconds: 10,
    residentMib: null,
    usedMib: null,
  });
});

test("by the server's clock where another run of the agent looked", () => {
  const after = seen({ cpuUs: 1_000 }, 0, { run: "other", atMs: 5_000 });
  expect(usageBetween(seen({}, 99_000, { atMs: 0 }), after, 1)).toMatchObject({ seconds: 5, cpuMs: 1 });
});

test.for([
  ["another life", seen({ life: "2", cpuUs: 9 }, 10_000)],
  ["a smaller counter", seen({ cpuUs: 4 }, 10_000)],
  ["more CPU than there is", seen({ cpuUs: 90_000_000 }, 10_000)],
  ["more bytes than any network brings", seen({ cpuUs: 6, nics: nic(1e15) }, 10_000)],
  ["no time", seen({ cpuUs: 6 }, 0)],
  ["too long a time", seen({ cpuUs: 6 }, 61_000)],
] as const)("nothing is known after %s", ([, after]) => {
  expect(usageBetween(seen({ cpuUs: 5 }, 0), after, 1)).toBeNull();
});

test("a device that was taken and given again counts from nothing", () => {
  expect(usageBetween(seen({ nics: nic(500) }, 0), seen({ nics: nic(20) }, 10_000), 1)?.inBytes).toBe(20);
});

test("whatever the counters say, nothing used is negative or more than could be", () => {
  const counter = fc.integer({ min: 0, max: 1e13 });
  const look = fc.record({ cpuUs: counter, bytes: counter, life: fc.constantFrom("1", "2") });
  fc.assert(
    fc.property(look, look, fc.integer({ min: -5_000, max: 70_000 }), (first, second, ms) => {
      const [before, after] = [first, second].map(({ bytes, ...rest }, index) =>
        seen({ ...rest, nics: nic(bytes) }, index * ms),
      );
      const usage = before && after && usageBetween(before, after, 2);
      if (!usage) return;
      expect(usage.cpuMs).toBeGreaterThanOrEqual(0);
      expect(usage.cpuMs / 1_000 / usage.seconds).toBeLessThanOrEqual(7.5);
      expect(usage.inBytes).toBeGreaterThanOrEqual(0);
      expect(usage.inBytes / usage.seconds).toBeLessThanOrEqual(200e9);
    }),
  );
});

test("uses add up: between two looks it is what it is over a look in between", () => {
  const step = fc.record({
    cpu: fc.nat(1_000_000),
    bytes: fc.nat(1_000_000),
    ms: fc.integer({ min: 1, max: 20_000 }),
  });
  fc.assert(
    fc.property(step, step, (one, two) => {
      const first = seen({ nics: nic(0) }, 0);
      const middle = seen({ cpuUs: one.cpu, nics: nic(one.bytes) }, one.ms);
      const last = seen({ cpuUs: one.cpu + two.cpu, nics: nic(one.bytes + two.bytes) }, one.ms + two.ms);
      const [whole, a, b] = [
        usageBetween(first, last, 500_000),
        usageBetween(first, middle, 500_000),
        usageBetween(middle, last, 500_000),
      ];
      expect((a?.cpuMs ?? 0) + (b?.cpuMs ?? 0)).toBeCloseTo(whole?.cpuMs ?? -1, 3);
      expect((a?.inBytes ?? 0) + (b?.inBytes ?? 0)).toBe(whole?.inBytes);
      expect((a?.seconds ?? 0) + (b?.seconds ?? 0)).toBeCloseTo(whole?.seconds ?? -1, 6);
    }),
  );
});

test("no slot is used again while something in it is still shown", () => {
  fc.assert(
    fc.property(
      fc.constantFrom(...Object.values(levels)),
      fc.integer({ min: 0, max: 4e12 }),
      fc.double({ min: 0, max: 1, noNaN: true }),
      (level, now, share) => {
        const old = now - Math.floor(level.keepMs * share);
        if (Math.floor(now / level.spanMs) === Math.floor(old / level.spanMs)) return;
        expect(slotOf(level, new Date(old))).not.toBe(slotOf(level, new Date(now)));
      },
    ),
  );
});
