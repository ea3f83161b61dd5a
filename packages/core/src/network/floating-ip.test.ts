import { expect, test } from "vitest";
import { fixedAddressOf, floatingIpStatus, wayTo } from "./floating-ip.ts";

const way = (routerId: string, externalNetworkId: string, subnetId: string) => ({
  ...{ routerId, routerName: routerId, externalNetworkId, subnetId },
});
const ways = [way("r2", "outside", "s1"), way("r1", "outside", "s1"), way("r3", "other", "s2")];

test("the way in is a router between exactly these two", () => {
  expect(wayTo(ways, "outside", "s1")?.routerId).toBe("r1");
  expect(wayTo(ways, "other", "s2")?.routerId).toBe("r3");
  expect(wayTo(ways, "outside", "s2")).toBeNull();
  expect(wayTo([], "outside", "s1")).toBeNull();
});

test("a port's only address needs no name, of several one must be named", () => {
  const [one, two] = [
    { address: "10.0.0.5", subnetId: "s1" },
    { address: "10.0.1.5", subnetId: "s2" },
  ];
  expect(fixedAddressOf([one], null)).toBe(one);
  expect(fixedAddressOf([one, two], null)).toBe("several");
  expect(fixedAddressOf([one, two], "10.0.1.5")).toBe(two);
  expect(fixedAddressOf([one], "10.0.1.5")).toBeNull();
  expect(fixedAddressOf([], null)).toBeNull();
});

test("its status says whether the network knows", () => {
  expect(floatingIpStatus({ portId: null, generation: 1, realisedGeneration: 1 })).toBe("DOWN");
  expect(floatingIpStatus({ portId: "p", generation: 2, realisedGeneration: 1 })).toBe("BUILD");
  expect(floatingIpStatus({ portId: "p", generation: 2, realisedGeneration: 2 })).toBe("ACTIVE");
});
