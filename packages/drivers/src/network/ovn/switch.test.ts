import type { PortSpec, SubnetSpec, Topology } from "@madang/core/network/topology";
import { atOnce } from "@madang/core/turns";
import { describe, expect, it } from "vitest";
import { networkOf, portOf, subnetOf } from "../testing/office.ts";
import { switchRows } from "./switch.ts";

const mac = "fa:16:3e:00:00:aa";

function topologyOf(
  subnet: SubnetSpec,
  change: Partial<PortSpec> = {},
): { topology: Topology; portId: string } {
  const network = networkOf("net", subnet);
  const port = { ...portOf(network, "10.0.1.11", "host"), mac, ...change };
  const nothing = { routers: [], floatingIps: [], securityGroups: [], chassis: [] };
  return { topology: { networks: [network], ports: [port], ...nothing }, portId: port.id };
}

function portCells(change: Partial<PortSpec>, subnet = subnetOf("10.0.1")) {
  const { topology, portId } = topologyOf(subnet, change);
  return atOnce(switchRows(topology)).find(({ id }) => id === portId)?.cells;
}

function dhcpOptions(change: Partial<SubnetSpec>) {
  const rows = atOnce(switchRows(topologyOf(subnetOf("10.0.1", change)).topology));
  return rows.find(({ table }) => table === "DHCP_Options")?.cells.options;
}

describe("a port in OVN", () => {
  it("speaks for its own address only", () => {
    expect(portCells({})).toMatchObject({
      type: "",
      addresses: [`${mac} 10.0.1.11`],
      port_security: [`${mac} 10.0.1.11`],
      options: { "requested-chassis": "host" },
    });
  });

  it("is bound nowhere without a hypervisor", () => {
    expect(portCells({ hypervisorId: null })).toMatchObject({ options: { "requested-chassis": "nowhere" } });
  });

  it("may speak for pairs of its own and of other MACs", () => {
    const allowedAddressPairs = [
      { address: "10.0.1.200", mac: null },
      { address: "10.0.9.0/24", mac },
      { address: "10.0.1.201", mac: "00:00:5e:00:01:01" },
    ];
    expect(portCells({ allowedAddressPairs })).toMatchObject({
      addresses: [`${mac} 10.0.1.11`, "00:00:5e:00:01:01"],
      port_security: [`${mac} 10.0.1.11 10.0.1.200 10.0.9.0/24`, "00:00:5e:00:01:01 10.0.1.201"],
    });
  });

  it("may be anybody without port security", () => {
    expect(portCells({ portSecurity: false })).toMatchObject({
      addresses: [`${mac} 10.0.1.11`, "unknown"],
      port_security: [],
    });
  });

  it("is everywhere when it is for metadata, and is asked for no lease", () => {
    expect(portCells({ owner: "metadata", hypervisorId: null })).toMatchObject({
      type: "localport",
      options: {},
      port_security: [],
      dhcpv4_options: { keys: [] },
    });
  });

  it("gets its lease from its subnet, if that has DHCP", () => {
    const subnet = subnetOf("10.0.1");
    expect(portCells({ addresses: [{ subnetId: subnet.id, address: "10.0.1.11" }] }, subnet)).toMatchObject({
      dhcpv4_options: { keys: [`subnet/${subnet.id}`] },
    });
    const without = subnetOf("10.0.1", { dhcp: false });
    expect(portCells({ addresses: [{ subnetId: without.id, address: "10.0.1.11" }] }, without)).toMatchObject(
      {
        dhcpv4_options: { keys: [] },
      },
    );
  });
});

describe("what DHCP tells", () => {
  it("is router, MTU and the way to the metadata", () => {
    expect(dhcpOptions({})).toMatchObject({
      lease_time: "43200",
      mtu: "1442",
      router: "10.0.1.1",
      server_id: "10.0.1.2",
      server_mac: expect.stringMatching(/^0e(:[0-9a-f]{2}){5}$/),
      classless_static_route: "{169.254.169.254/32,10.0.1.2, 0.0.0.0/0,10.0.1.1}",
    });
  });

  it("has host routes before the default one, which one of them may be", () => {
    const hostRoutes = [{ destination: "10.9.0.0/16", nextHop: "10.0.1.9" }];
    expect(dhcpOptions({ hostRoutes })).toMatchObject({
      classless_static_route: "{169.254.169.254/32,10.0.1.2, 10.9.0.0/16,10.0.1.9, 0.0.0.0/0,10.0.1.1}",
    });
    const other = [{ destination: "0.0.0.0/0", nextHop: "10.0.1.9" }];
    expect(dhcpOptions({ hostRoutes: other, metadataAddress: null })).toMatchObject({
      server_id: "10.0.1.1",
      classless_static_route: "{0.0.0.0/0,10.0.1.9}",
    });
  });

  it("has no router where the subnet has none, and names DNS servers", () => {
    const options = dhcpOptions({ gateway: null, metadataAddress: null, dnsServers: ["9.9.9.9", "1.1.1.1"] });
    expect(options).toMatchObject({ server_id: "10.0.1.0", dns_server: "{9.9.9.9, 1.1.1.1}" });
    expect(options).not.toHaveProperty("router");
    expect(options).not.toHaveProperty("classless_static_route");
  });
});
