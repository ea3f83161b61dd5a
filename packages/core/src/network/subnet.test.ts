import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { cidrOf, cidrText, contains, toAddress, toNumber } from "./cidr.ts";
import { mtuOf } from "./mtu.ts";
import { isFault, isHostOf, planSubnet, poolSize, type SubnetWish } from "./subnet.ts";

function fault(wish: SubnetWish) {
  const planned = planSubnet(wish);
  return isFault(planned) ? [planned.reason, planned.field] : null;
}

const cidr = "10.0.1.0/24";

describe("what can't be a subnet says why, and where", () => {
  test.each([
    ["10.0.0.0/31", "cidrTooSmall"],
    ["10.0.0.1/32", "cidrTooSmall"],
    ["10.0.0.0/7", "cidrTooLarge"],
    ["127.0.0.0/24", "cidrReserved"],
    ["169.254.0.0/16", "cidrReserved"],
    ["224.1.0.0/16", "cidrReserved"],
    ["0.1.0.0/16", "cidrReserved"],
    ["nonsense", "cidrInvalid"],
  ])("%s: %s", (of, reason) => {
    expect(fault({ cidr: of })).toEqual([reason, "cidr"]);
  });

  test.each([
    ["10.0.2.1", "gatewayOutside"],
    ["10.0.1.0", "gatewayReserved"],
    ["10.0.1.255", "gatewayReserved"],
  ])("gateway %s: %s", (gateway, reason) => {
    expect(fault({ cidr, gateway })).toEqual([reason, "gateway"]);
  });

  test.each([
    [["10.0.1.9", "10.0.1.5"], "poolBackwards", "pools.0.end"],
    [["10.0.0.5", "10.0.1.5"], "poolOutside", "pools.0.start"],
    [["10.0.1.5", "10.0.1.255"], "poolOutside", "pools.0.end"],
    [["10.0.1.0", "10.0.1.5"], "poolOutside", "pools.0.start"],
    [["10.0.1.1", "10.0.1.5"], "poolHasGateway", "pools.0.start"],
  ])("pool %s: %s", ([start = "", end = ""], reason, field) => {
    expect(fault({ cidr, pools: [{ start, end }] })).toEqual([reason, field]);
  });

  test("pools that overlap, and a route to a hop that is not there", () => {
    const pools = [
      { start: "10.0.1.10", end: "10.0.1.20" },
      { start: "10.0.1.20", end: "10.0.1.30" },
    ];
    expect(fault({ cidr, pools })).toEqual(["poolsOverlap", "pools.1.start"]);
    const hostRoutes = [{ destination: "10.9.0.0/16", nextHop: "10.0.2.1" }];
    expect(fault({ cidr, hostRoutes })).toEqual(["nextHopOutside", "hostRoutes.0.nextHop"]);
    const to = (...destinations: string[]) =>
      fault({ cidr, hostRoutes: destinations.map((destination) => ({ destination, nextHop: "10.0.1.1" })) });
    expect(to("10.9.0.0/16", "128.0.0.0/1")).toEqual(["routeTooWide", "hostRoutes.1.destination"]);
    expect(to("169.254.169.254/32")).toEqual(["routeReserved", "hostRoutes.0.destination"]);
    expect(to("0.0.0.0/0", "10.9.0.0/16")).toBeNull();
  });
});

test("what is left open is filled in", () => {
  expect(planSubnet({ cidr: "10.0.1.7/24" })).toEqual({
    cidr,
    gateway: "10.0.1.1",
    pools: [{ start: "10.0.1.2", end: "10.0.1.254" }],
    hostRoutes: [],
  });
  expect(planSubnet({ cidr, gateway: "10.0.1.100" })).toMatchObject({
    pools: [
      { start: "10.0.1.1", end: "10.0.1.99" },
      { start: "10.0.1.101", end: "10.0.1.254" },
    ],
  });
  expect(planSubnet({ cidr: "10.0.0.0/30", gateway: null })).toMatchObject({
    gateway: null,
    pools: [{ start: "10.0.0.1", end: "10.0.0.2" }],
  });
});

const ranges = fc
  .record({
    prefix: fc.integer({ min: 8, max: 30 }),
    first: fc.integer({ min: 2 ** 24, max: 126 * 2 ** 24 }),
  })
  .map(({ prefix, first }) => `${toAddress(first)}/${prefix}`);

test("a subnet's own pools give out every host but the gateway, and nothing else", () => {
  fc.assert(
    fc.property(ranges, fc.double({ min: 0, max: 1, noNaN: true }), (of, share) => {
      const range = cidrOf(of);
      if (!range) throw new TypeError(of);
      const hosts = range.last - range.first - 1;
      const gateway = toAddress(range.first + 1 + Math.floor(share * (hosts - 1)));
      const planned = planSubnet({ cidr: of, gateway });
      if (isFault(planned)) throw new TypeError(planned.reason);
      expect(planned.cidr).toBe(cidrText(range));
      expect(poolSize(planned.pools)).toBe(hosts - 1);
      for (const { start, end } of planned.pools) {
        expect(isHostOf(planned.cidr, start) && isHostOf(planned.cidr, end)).toBe(true);
        expect(toNumber(gateway) < toNumber(start) || toNumber(gateway) > toNumber(end)).toBe(true);
      }
    }),
  );
});

test("pools that pass are in order, apart, inside and without the gateway", () => {
  const offsets = fc.array(fc.tuple(fc.integer({ min: 0, max: 63 }), fc.integer({ min: 0, max: 63 })), {
    minLength: 1,
    maxLength: 5,
  });
  fc.assert(
    fc.property(offsets, fc.integer({ min: 1, max: 62 }), (pairs, at) => {
      const base = toNumber("10.0.0.0");
      const pools = pairs.map(([start, end]) => ({
        start: toAddress(base + start),
        end: toAddress(base + end),
      }));
      const planned = planSubnet({ cidr: "10.0.0.0/26", gateway: toAddress(base + at), pools });
      const good = pairs.every(
        ([start, end], index) =>
          start <= end &&
          start > 0 &&
          end < 63 &&
          (at < start || at > end) &&
          pairs.every(([left, right], other) => other === index || end < left || right < start),
      );
      expect(isFault(planned)).toBe(!good);
      if (isFault(planned)) return;
      const starts = planned.pools.map(({ start }) => toNumber(start));
      expect(starts).toEqual(starts.toSorted((left, right) => left - right));
      expect(planned.pools.every(({ end }) => contains("10.0.0.0/26", end))).toBe(true);
    }),
  );
});

test("guests of a tunnelled network are told less than the wire carries", () => {
  expect([mtuOf("geneve"), mtuOf("flat"), mtuOf("vlan")]).toEqual([1_442, 1_500, 1_500]);
});
