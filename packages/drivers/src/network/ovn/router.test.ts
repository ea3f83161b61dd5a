import { atOnce } from "@madang/core/turns";
import { describe, expect, it } from "vitest";
import { externalNetwork, networkOf, routerOf, subnetOf } from "../testing/office.ts";
import { routerRows } from "./router.ts";

function optionsOf(...mtus: number[]) {
  const outside = externalNetwork();
  const inside = mtus.map((mtu, index) => ({ ...networkOf("net", subnetOf(`10.0.${index}`)), mtu }));
  const router = routerOf(inside, outside, "172.24.4.100");
  const nothing = { ports: [], floatingIps: [], securityGroups: [], chassis: ["one"] };
  const rows = atOnce(
    routerRows({ networks: [outside, ...inside], routers: [router], ...nothing }, () => true),
  );
  const legs = rows.filter(({ kind }) => kind === "router-port");
  const optionsAt = (portId?: string) => legs.find(({ id }) => id === portId)?.cells.options;
  return { outer: optionsAt(router.gateway?.portId), inner: optionsAt(router.interfaces[0]?.portId) };
}

describe("a router's way outside", () => {
  it("tells senders what its narrowest network carries", () => {
    expect(optionsOf(1442).outer).toEqual({ gateway_mtu: "1442" });
    expect(optionsOf(1442, 1280).outer).toEqual({ gateway_mtu: "1280" });
    expect(optionsOf(9000).outer).toEqual({ gateway_mtu: "1500" });
    expect(optionsOf(9000).inner).toEqual({});
  });

  it("tells nothing where all carry the same", () => {
    expect(optionsOf(1500, 1500).outer).toEqual({});
    expect(optionsOf().outer).toEqual({});
  });
});
