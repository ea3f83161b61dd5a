import { expect, test } from "vitest";
import {
  asksFor,
  emptySubnet,
  formOf,
  freeRange,
  readSubnet,
  roomOf,
  type SubnetForm,
} from "./subnet-form.ts";

const read = (fields: Partial<SubnetForm>) => readSubnet({ ...emptySubnet, cidr: "10.0.0.0/24", ...fields });

test("what is left open is filled in, and counted", () => {
  const asked = read({});
  if (!asksFor(asked)) throw new TypeError(asked.reason);
  expect(asked).toMatchObject({ gateway: "10.0.0.1", pools: [{ start: "10.0.0.2", end: "10.0.0.254" }] });
  expect(roomOf(asked)).toBe(252);
  expect(roomOf({ ...asked, dhcp: false })).toBe(253);
});

test("pools, servers and routes are read as people write them", () => {
  const asked = read({
    pools: "10.0.0.10 - 10.0.0.20\n10.0.0.30–10.0.0.40\n\n10.0.0.50",
    dnsServers: "9.9.9.9, 1.1.1.1\n8.8.8.8",
    hostRoutes: "192.168.0.0/16 via 10.0.0.2\n172.16.0.9/12, 10.0.0.3",
  });
  expect(asked).toMatchObject({
    pools: [
      { start: "10.0.0.10", end: "10.0.0.20" },
      { start: "10.0.0.30", end: "10.0.0.40" },
      { start: "10.0.0.50", end: "10.0.0.50" },
    ],
    dnsServers: ["9.9.9.9", "1.1.1.1", "8.8.8.8"],
    hostRoutes: [
      { destination: "192.168.0.0/16", nextHop: "10.0.0.2" },
      { destination: "172.16.0.0/12", nextHop: "10.0.0.3" },
    ],
  });
});

test.each([
  [{ cidr: "10.0.0.0/31" }, "cidrTooSmall", "cidr"],
  [{ cidr: "10.0.0" }, "cidrInvalid", "cidr"],
  [{ gatewayKind: "own", gateway: "10.1.0.1" }, "gatewayOutside", "gateway"],
  [{ gatewayKind: "own", gateway: "x" }, "addressInvalid", "gateway"],
  [{ pools: "10.0.0.9-10.0.0.2" }, "poolBackwards", "pools"],
  [{ pools: "some" }, "addressInvalid", "pools"],
  [{ dnsServers: "dns.example" }, "addressInvalid", "dnsServers"],
  [{ hostRoutes: "10.9.0.0/16 via 10.1.0.1" }, "nextHopOutside", "hostRoutes"],
] as const)("%o is %s", (fields, reason, field) => {
  expect(read(fields)).toMatchObject({ reason, field });
});

test("what was stored comes back as it was typed", () => {
  const typed = { ...emptySubnet, name: "s", cidr: "10.0.0.0/24", gatewayKind: "none", dhcp: false } as const;
  const asked = readSubnet(typed);
  if (!asksFor(asked)) throw new TypeError(asked.reason);
  const row = {
    ...{ id: "", networkId: "", networkName: "", projectId: null, name: "s", description: "" },
    ...{
      ...asked,
      hostRoutes: [...asked.hostRoutes],
      addresses: { total: 0, used: 0 },
      createdAt: new Date(0),
    },
  };
  expect(formOf(row)).toEqual(typed);
});

test("a range is suggested that nothing else has", () => {
  expect(freeRange([])).toBe("10.0.0.0/24");
  expect(freeRange(["10.0.0.0/23", "10.0.2.128/25", "192.168.0.0/16"])).toBe("10.0.3.0/24");
  expect(freeRange(["10.0.0.0/8"])).toBe("");
});
