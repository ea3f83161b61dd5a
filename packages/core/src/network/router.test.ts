import { describe, expect, test } from "vitest";
import { freeRange, overlapping, type RouterSubnet, routeFault, routesBy, staticRoutes } from "./router.ts";

const leg = (cidr: string, address: string, external = false): RouterSubnet => ({
  ...{ subnetId: cidr, subnetName: `subnet ${cidr}`, networkName: "yard", cidr, address, external },
});
const inner = leg("10.0.0.0/24", "10.0.0.1");
const outer = leg("172.24.4.0/24", "172.24.4.10", true);
const none = { hosts: [], metadata: [] };
const route = (destination: string, nextHop: string) => ({ destination, nextHop });

describe("overlap", () => {
  test.each([
    ["10.0.0.0/24", inner],
    ["10.0.0.128/25", inner],
    ["10.0.0.0/8", inner],
    ["172.24.0.0/16", outer],
    ["10.0.1.0/24", null],
  ])("%s", (cidr, found) => {
    expect(overlapping([inner, outer], { cidr })).toBe(found);
  });
});

describe("a static route", () => {
  test.each([
    ["into a neighbour", [route("192.168.0.0/16", "10.0.0.9")], null],
    ["over a neighbour outside", [route("192.168.0.0/16", "172.24.4.9")], null],
    ["to nowhere near", [route("192.168.0.0/16", "10.0.1.9")], "nextHopUnreachable"],
    ["to the router itself", [route("192.168.0.0/16", "10.0.0.1")], "nextHopIsRouter"],
    ["to its own gateway address", [route("192.168.0.0/16", "172.24.4.10")], "nextHopIsRouter"],
    ["to the host", [route("192.168.0.0/16", "172.24.4.2")], "nextHopIsHost"],
    ["to a subnet's own address", [route("192.168.0.0/16", "10.0.0.0")], "nextHopOfSubnet"],
    ["to a broadcast address", [route("192.168.0.0/16", "10.0.0.255")], "nextHopOfSubnet"],
    ["to everywhere", [route("0.0.0.0/0", "10.0.0.9")], "defaultRouteTaken"],
    [
      "to everywhere by halves",
      [route("0.0.0.0/1", "10.0.0.9"), route("128.0.0.0/1", "10.0.0.9")],
      "routeTooWide",
    ],
    ["to the metadata service", [route("169.254.169.254/32", "10.0.0.9")], "routeReserved"],
    ["through the metadata service", [route("192.168.0.0/16", "10.0.0.2")], "nextHopIsMetadata"],
    ["twice", [route("192.168.0.0/16", "10.0.0.9"), route("192.168.0.0/16", "10.0.0.8")], "routeRepeats"],
  ] as const)("%s", (_, routes, fault) => {
    const found = routeFault(routes, [inner, outer], { hosts: ["172.24.4.2"], metadata: ["10.0.0.2"] });
    expect(found?.fault ?? null).toBe(fault);
  });

  test("names the one that is wrong", () => {
    const routes = [route("192.168.0.0/16", "10.0.0.9"), route("192.168.0.0/24", "1.1.1.1")];
    expect(routeFault(routes, [inner], none)).toEqual({ index: 1, fault: "nextHopUnreachable" });
  });

  test("to everywhere is the way of a router without a gateway", () => {
    expect(routeFault([route("0.0.0.0/0", "10.0.0.9")], [inner], none)).toBeNull();
  });

  test("is known by what it needs", () => {
    const routes = [route("192.168.0.0/16", "10.0.0.9"), route("192.168.9.0/24", "172.24.4.9")];
    expect(routesBy(routes, inner.cidr)).toEqual([routes[0]]);
  });

  test("is made canonical, and there are at most thirty", () => {
    expect(staticRoutes.parse([route("192.168.7.9/16", "10.0.0.9")])).toEqual([
      route("192.168.0.0/16", "10.0.0.9"),
    ]);
    expect(staticRoutes.safeParse(Array(31).fill(route("1.0.0.0/8", "1.1.1.1"))).success).toBe(false);
    expect(staticRoutes.safeParse([route("1.0.0.0/8", "1.1.1.1/32")]).success).toBe(false);
  });
});

test("a range that is free is found, and none where there is none", () => {
  expect(freeRange([])).toBe("10.0.0.0/24");
  expect(freeRange(["10.0.0.0/23", "172.24.4.0/24"])).toBe("10.0.2.0/24");
  expect(freeRange(["10.0.0.0/8"])).toBeNull();
});
