import { describe, expect, it } from "vitest";
import type { GuestSpec } from "../wire/guest.ts";
import { guestTree } from "./guest-tree.ts";
import { networkData } from "./network-data.ts";
import { vendorData } from "./openstack.ts";
import { lookUp } from "./tree.ts";

const nic: GuestSpec["nics"][number] = {
  portId: "0b2d02d4-495f-4147-a187-775fbf49676a",
  networkId: "0b2d02d4-495f-4147-a187-775fbf49676b",
  mac: "fa:16:3e:00:00:01",
  mtu: 1442,
  addresses: [
    { address: "10.0.0.5", prefixLength: 24, gateway: "10.0.0.1", dnsServers: ["10.0.0.1"], dhcp: true },
  ],
  metadata: null,
};
const still: GuestSpec["nics"][number] = {
  ...nic,
  portId: "1b2d02d4-495f-4147-a187-775fbf49676a",
  mac: "fa:16:3e:00:00:02",
  addresses: [
    { address: "10.9.1.5", prefixLength: 20, gateway: "10.9.0.1", dnsServers: ["10.0.0.1"], dhcp: false },
    { address: "10.9.64.9", prefixLength: 24, gateway: null, dnsServers: [], dhcp: false },
  ],
};
const spec: GuestSpec = {
  guestId: nic.portId,
  instanceId: "0b2d02d4-495f-4147-a187-775fbf49676c",
  projectId: nic.portId,
  generation: 1,
  desired: "running",
  rebootSeq: 0,
  rebootKind: "soft",
  crashPolicy: "restart",
  operationId: null,
  hostname: "web-1",
  vcpus: 1,
  ramMib: 128,
  diskGib: 0,
  machineType: "pc-q35-7.2",
  image: {
    sha256: "0123456789abcdef0123".padEnd(64, "0"),
    sizeBytes: 1,
    virtualSizeBytes: 1,
    format: "qcow2",
  },
  keys: [{ name: "laptop", publicKey: "ssh-ed25519 AAAA kim@laptop" }],
  userDataSha256: "a".repeat(64),
  passwordHash: null,
  availabilityZone: "nova",
  launchIndex: 0,
  nics: [nic, still],
};

function read(path: string, of: GuestSpec = spec): string | null {
  const found = lookUp(guestTree(of), path);
  if (!found) return null;
  if (found.kind === "folder") return found.lines.join("\n");
  return found.kind === "user-data" ? `user data ${found.sha256}` : found.text;
}

describe("what a guest is told of itself", () => {
  it("is found in OpenStack's layout, at each version", () => {
    expect(read("/openstack")?.split("\n")).toContain("latest");
    for (const version of ["2012-08-10", "2018-08-27", "latest"]) {
      expect(read(`/openstack/${version}/`)?.split("\n")).toContain("meta_data.json");
      expect(JSON.parse(read(`/openstack/${version}/meta_data.json`) ?? "")).toMatchObject({
        uuid: spec.instanceId,
        hostname: "web-1",
        availability_zone: "nova",
        public_keys: { laptop: "ssh-ed25519 AAAA kim@laptop" },
      });
    }
    expect(read("/openstack/latest/user_data")).toBe(`user data ${"a".repeat(64)}`);
    expect(read("/openstack/1999-01-01/meta_data.json")).toBeNull();
  });

  it("is found in EC2's layout, as its clients walk it", () => {
    expect(read("/")?.split("\n")).toEqual(expect.arrayContaining(["1.0/", "latest/", "openstack/"]));
    expect(read("//latest//")).toBe("meta-data/\nuser-data");
    expect(read("/latest/meta-data/")?.split("\n")).toEqual(
      expect.arrayContaining(["instance-id", "local-ipv4", "placement/", "public-keys/"]),
    );
    expect(read("/2009-04-04/meta-data/instance-id")).toBe("i-0b2d02d4495f4147a");
    expect(read("/latest/meta-data/local-ipv4")).toBe("10.0.0.5");
    expect(read("/latest/meta-data/public-keys")).toBe("0=laptop");
    expect(read("/latest/meta-data/public-keys/0/openssh-key")).toBe("ssh-ed25519 AAAA kim@laptop");
    expect(read("/latest/meta-data/placement/availability-zone")).toBe("nova");
    expect(read("/latest/meta-data/network/interfaces/macs/")).toBe("fa:16:3e:00:00:01/\nfa:16:3e:00:00:02/");
    expect(read("/latest/user-data")).toBe(`user data ${"a".repeat(64)}`);
  });

  it("has no user data when there is none, and no address without an interface", () => {
    const bare = { ...spec, userDataSha256: null, nics: [] };
    expect(read("/latest/user-data", bare)).toBeNull();
    expect(read("/openstack/latest/user_data", bare)).toBeNull();
    expect(read("/latest/meta-data/local-ipv4", bare)).toBeNull();
  });

  it("names nothing that an object has by itself", () => {
    for (const path of ["/constructor", "/__proto__", "/latest/../latest/user-data", "/openstack/toString"])
      expect(read(path)).toBeNull();
  });
});

it("tells a guest how to set what no DHCP tells it", () => {
  const { links, networks, services } = networkData(spec.nics);
  expect(links).toEqual([
    {
      id: "tap0b2d02d4495",
      vif_id: nic.portId,
      type: "ovs",
      mtu: 1442,
      ethernet_mac_address: "fa:16:3e:00:00:01",
    },
    expect.objectContaining({ id: "tap1b2d02d4495" }),
  ]);
  expect(networks).toEqual([
    { id: "network0-0", network_id: nic.networkId, link: "tap0b2d02d4495", type: "ipv4_dhcp" },
    {
      id: "network1-0",
      network_id: nic.networkId,
      link: "tap1b2d02d4495",
      type: "ipv4",
      ip_address: "10.9.1.5",
      netmask: "255.255.240.0",
      services: [{ type: "dns", address: "10.0.0.1" }],
      routes: [{ network: "0.0.0.0", netmask: "0.0.0.0", gateway: "10.9.0.1" }],
    },
    expect.objectContaining({ ip_address: "10.9.64.9", netmask: "255.255.255.0", routes: [] }),
  ]);
  expect(services).toEqual([{ type: "dns", address: "10.0.0.1" }]);
});

it("sets a password only when there is one", () => {
  expect(vendorData({ passwordHash: null })).toEqual({});
  const text = String(vendorData({ passwordHash: "$6$salt$hash" })["cloud-init"]);
  expect(text.startsWith("#cloud-config\n")).toBe(true);
  expect(JSON.parse(text.slice(text.indexOf("\n")))).toMatchObject({
    password: "$6$salt$hash",
    ssh_pwauth: true,
  });
});
