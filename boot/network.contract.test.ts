/**
 * The network of npm start, for real: on a host that is a network namespace of the test's own, with the world behind it in
 * another. Read back by the programs that people use, with packets.
 */
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

const id = randomBytes(3).toString("hex");
const host = `mt-${id}-host`;
const world = `mt-${id}-world`;
const hostAddress = "203.0.113.2";
const worldAddress = "203.0.113.1";
const limit = { timeout: 60_000, interval: 100 };

type Place = { data: string; namespace: string; run: string; link: string; table: string };
type External = { row: { cidr: string; gateway: string; hostAddress: string; pool: { start: string } } };
type Network = { kind: string; datapath: string; place: Place; external: External; switchState: string };
type Copy = { process: ChildProcess; network: Network };

const run = (command: string, ...args: string[]) => execFileSync(command, args, { encoding: "utf8" });
const ip = (...args: string[]) => run("ip", ...args);
const inside = (namespace: string, ...args: string[]) =>
  run("nsenter", `--net=/run/netns/${namespace}`, ...args);
const vsctl = ({ run: folder }: Place, ...args: string[]) =>
  run("ovs-vsctl", `--db=unix:${folder}/db.sock`, "--timeout=20", ...args).trim();
const nbctl = ({ run: folder }: Place, ...args: string[]) =>
  run("ovn-nbctl", `--db=unix:${folder}/nb.sock`, "--timeout=20", ...args).trim();

const folders: string[] = [];
const copies: Copy[] = [];
const servers: ChildProcess[] = [];
const madeNamespaces: string[] = [];

function addNamespace(name: string): void {
  ip("netns", "add", name);
  madeNamespaces.push(name);
  // Its link-local addresses come late, and this is about IPv4.
  inside(name, "sh", "-c", "echo 1 | tee /proc/sys/net/ipv6/conf/*/disable_ipv6 > /dev/null");
  ip("-n", name, "link", "set", "lo", "up");
}

/** Two ends, both up; the checksums of what is sent into a userspace switch must be done. */
function join(from: string, name: string, to: string, peer: string): void {
  ip("link", "add", name, "netns", from, "type", "veth", "peer", "name", peer, "netns", to);
  ip("-n", from, "link", "set", name, "up");
  ip("-n", to, "link", "set", peer, "up");
  for (const [namespace, link] of [
    [from, name],
    [to, peer],
  ] as const)
    inside(namespace, "ethtool", "-K", link, "tx", "off");
}

function folder(): string {
  const made = mkdtempSync(`${tmpdir()}/madang-net-`);
  folders.push(made);
  return made;
}

/** `further`: a machine that is a hypervisor and nothing else. */
type Where = { namespace: string; role: "first" | "further" };

async function start(
  data: string,
  settings: Record<string, string> = {},
  { namespace, role }: Where = { namespace: host, role: "first" },
): Promise<Copy> {
  const main = fileURLToPath(new URL("testing/network-copy.mjs", import.meta.url));
  const args = [`--net=/run/netns/${namespace}`, process.execPath, main, role];
  const env = { PATH: process.env.PATH, MADANG_DATA: data, ...settings };
  const child = spawn("nsenter", args, { env, stdio: ["ignore", "pipe", "inherit"] });
  const lines = createInterface({ input: child.stdout });
  const line = await new Promise<string>((resolve, reject) => {
    lines.once("line", resolve);
    child.once("exit", (code) => reject(new Error(`the copy ended with ${code}`)));
  });
  const copy = { process: child, network: JSON.parse(line) };
  copies.push(copy);
  return copy;
}

async function stop({ process: child }: Copy): Promise<number | null> {
  if (child.exitCode !== null || child.signalCode !== null) return child.exitCode;
  const ended = new Promise<number | null>((resolve) => child.once("exit", resolve));
  child.kill("SIGTERM");
  return ended;
}

/** All that a copy could leave on its host, and in the run folder of the machine. */
function hostState() {
  return {
    links: inside(host, "ip", "-j", "link"),
    addresses: inside(host, "ip", "-j", "addr"),
    routes: inside(host, "ip", "route", "show", "table", "all"),
    rules: inside(host, "nft", "list", "ruleset"),
    forwarding: inside(host, "sh", "-c", "grep -r . /proc/sys/net/ipv4/conf/*/forwarding"),
  };
}

function traces({ namespace, run: folder }: Place) {
  return {
    namespaces: ip("netns")
      .split("\n")
      .filter((line) => line.startsWith(namespace)),
    folders: run("sh", "-c", "ls /run")
      .split("\n")
      .filter((name) => folder.endsWith(name) && name !== ""),
    processes: run("sh", "-c", "cat /proc/[0-9]*/cmdline 2>/dev/null | tr '\\0' '\\n'")
      .split("\n")
      .filter((word) => word.includes(folder)),
  };
}

const nothing = { namespaces: [], folders: [], processes: [] };

/** A guest behind a router with a floating IP, by OVN's own tools. */
function plugGuest({ place, external }: Network, floating: string, gateway: string): string {
  const guest = `mt-${id}-${place.namespace.slice(-4)}`;
  vsctl(place, "set", "Open_vSwitch", ".", "external-ids:system-id=here");
  const words = `
    ls-add net -- ls-add public -- lr-add r
    -- lrp-add r r-net fa:16:3e:00:01:01 10.0.1.1/24 -- lsp-add net net-r -- lsp-set-type net-r router
    -- lsp-set-addresses net-r router -- lsp-set-options net-r router-port=r-net
    -- lsp-add net guest -- lsp-set-addresses guest fa:16:3e:00:00:11
    -- lsp-add public public-ln -- lsp-set-type public-ln localnet -- lsp-set-addresses public-ln unknown
    -- lsp-set-options public-ln network_name=public
    -- lrp-add r r-ext fa:16:3e:00:00:ee ${gateway}/24 -- lsp-add public public-r -- lsp-set-type public-r router
    -- lsp-set-addresses public-r router -- lsp-set-options public-r router-port=r-ext nat-addresses=router
    -- lrp-set-gateway-chassis r-ext here 20 -- lr-route-add r 0.0.0.0/0 ${external.row.gateway}
    -- lr-nat-add r dnat_and_snat ${floating} 10.0.1.11`;
  nbctl(place, ...words.trim().split(/\s+/));
  nbctl(place, "lsp-set-addresses", "guest", "fa:16:3e:00:00:11 10.0.1.11");
  plug(place, guest, "guest", "fa:16:3e:00:00:11", "10.0.1.11");
  return guest;
}

/** A network namespace that stands for a guest, at a port of OVN's. */
function plug(place: Place, guest: string, port: string, mac: string, address: string): void {
  addNamespace(guest);
  join(guest, "eth0", place.namespace, "tapguest");
  ip("-n", guest, "link", "set", "eth0", "address", mac, "mtu", "1442");
  ip("-n", guest, "addr", "add", `${address}/24`, "dev", "eth0");
  ip("-n", guest, "route", "add", "default", "via", "10.0.1.1");
  vsctl(
    place,
    "add-port",
    "br-int",
    "tapguest",
    "--",
    "set",
    "interface",
    "tapguest",
    `external-ids:iface-id=${port}`,
  );
}

type Certificates = { certificate: string; key: string; ca: string };

/** An authority of its own with one certificate. */
function certificates(at: string): Certificates {
  const make = (name: string, ...more: string[]) => {
    const files = ["-keyout", `${at}/${name}.key`, "-out", `${at}/${name}.pem`];
    const kind = ["-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", `/CN=${name}`];
    execFileSync("openssl", ["req", "-x509", ...kind, ...files, ...more], { stdio: "ignore" });
    return `${at}/${name}.pem`;
  };
  const ca = make("authority");
  const certificate = make("machine", "-CA", ca, "-CAkey", `${at}/authority.key`);
  return { ca, certificate, key: `${at}/machine.key` };
}

const settingsOf = ({ certificate, key, ca }: Certificates) => ({
  MADANG_OVN_CERT: certificate,
  MADANG_OVN_KEY: key,
  MADANG_OVN_CA: ca,
});

function pings(from: string, to: string): boolean {
  try {
    inside(from, "busybox", "ping", "-c", "1", "-W", "1", to);
    return true;
  } catch {
    return false;
  }
}

/** Serves TCP at 8080 on every address of a namespace, and answers with the address that it was asked from. */
async function serve(namespace: string): Promise<void> {
  const program = `require("node:net").createServer((s) => s.end(s.remoteAddress)).listen(8080, "0.0.0.0", () => console.log("up"))`;
  const server = spawn("nsenter", [`--net=/run/netns/${namespace}`, process.execPath, "-e", program], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  servers.push(server);
  await new Promise((resolve) => server.stdout.once("data", resolve));
}

/** What the server there answers; null: no connection within the time. */
function asks(from: string, address: string): string | null {
  const program = `const s = require("node:net").connect(8080, "${address}"); s.setTimeout(1000, () => process.exit(1));
    s.on("error", () => process.exit(1)); s.on("data", (d) => console.log(String(d)));`;
  try {
    return inside(from, process.execPath, "-e", program).trim();
  } catch {
    return null;
  }
}

beforeAll(async () => {
  for (const name of [host, world]) addNamespace(name);
  join(host, "up0", world, "down0");
  ip("-n", host, "addr", "add", `${hostAddress}/24`, "dev", "up0");
  ip("-n", world, "addr", "add", `${worldAddress}/24`, "dev", "down0");
  ip("-n", host, "route", "add", "default", "via", worldAddress);
  for (const name of [host, world]) await serve(name);
});

afterAll(async () => {
  for (const copy of copies) await stop(copy);
  for (const server of servers) server.kill("SIGKILL");
  for (const name of madeNamespaces) ip("netns", "del", name);
  for (const path of folders) rmSync(path, { recursive: true, force: true });
});

describe("the network of a copy", () => {
  it("leads its external network to its host alone, comes back when the switch is killed, and leaves nothing", async () => {
    const before = hostState();
    const { network, ...copy } = await start(folder());
    const { place, external } = network;
    expect(network.kind).toBe("ovn");
    expect(vsctl(place, "list-br").split("\n").toSorted()).toEqual(["br-ex", "br-int", "br-phy"]);
    expect(vsctl(place, "get", "bridge", "br-int", "datapath_type")).toBe(network.datapath);
    expect(inside(host, "nft", "list", "table", "inet", place.table)).toContain(
      `iifname "${place.link}" drop`,
    );
    const floating = external.row.pool.start;
    const guest = plugGuest(network, floating, external.row.pool.start.replace(/\d+$/, "200"));
    await serve(guest);

    await expect.poll(() => pings(host, floating), limit).toBe(true);
    expect(asks(host, floating)).toBe(external.row.hostAddress);
    expect(pings(guest, external.row.hostAddress), "the host answers pings").toBe(true);
    expect(pings(guest, hostAddress), "but not at its other addresses").toBe(false);
    for (const address of [external.row.hostAddress, hostAddress, worldAddress])
      expect([address, asks(guest, address)]).toEqual([address, null]);

    const pid = Number(readFileSync(`${place.data}/run/ovs-vswitchd.pid`, "utf8").split(" ")[0]);
    process.kill(pid, "SIGKILL");
    const killedAt = performance.now();
    await expect.poll(() => pings(host, floating), limit).toBe(true);
    expect(performance.now() - killedAt, "back within ten seconds, ms").toBeLessThan(10_000);
    await expect
      .poll(() => JSON.parse(readFileSync(network.switchState, "utf8")), limit)
      .toMatchObject({
        switchEnds: 1,
      });

    expect(await stop({ network, ...copy })).toBe(0);
    expect(hostState()).toEqual(before);
    expect(traces(place)).toEqual(nothing);
  });

  it("goes on without its supervisor, and is adopted by the next", async () => {
    const data = folder();
    const first = await start(data);
    const { place, external } = first.network;
    const floating = external.row.pool.start;
    plugGuest(first.network, floating, external.row.pool.start.replace(/\d+$/, "200"));
    await expect.poll(() => pings(host, floating), limit).toBe(true);
    const pids = () =>
      ["ovsdb", "ovs-vswitchd", "ovn-controller"].map((name) =>
        readFileSync(`${data}/run/${name}.pid`, "utf8"),
      );
    const lasting = pids();
    first.process.kill("SIGKILL");
    await new Promise((resolve) => first.process.once("exit", resolve));
    expect(pings(host, floating), "nobody supervises").toBe(true);

    const second = await start(data);
    expect(pids()).toEqual(lasting);
    expect(second.network.external).toEqual(external);
    expect(pings(host, floating)).toBe(true);
    expect(await stop(second)).toBe(0);
    expect(traces(place)).toEqual(nothing);
  });

  it("is removed by the next start that wants none", async () => {
    const before = hostState();
    const data = folder();
    const first = await start(data);
    first.process.kill("SIGKILL");
    await new Promise((resolve) => first.process.once("exit", resolve));
    expect(traces(first.network.place)).not.toEqual(nothing);
    const second = await start(data, { MADANG_NETWORK: "none" });
    expect(second.network).toEqual({ kind: "none", why: "MADANG_NETWORK=none" });
    expect(traces(first.network.place)).toEqual(nothing);
    expect(hostState()).toEqual(before);
    expect(await stop(second)).toBe(0);
  });

  it("leads out by the host's address where it is asked to, beside another copy, and undoes that too", async () => {
    const before = hostState();
    const [one, other] = await Promise.all([start(folder()), start(folder(), { MADANG_EXTERNAL: "nat" })]);
    expect(one.network.external.row.cidr).not.toBe(other.network.external.row.cidr);
    const { external, place } = other.network;
    const guest = plugGuest(
      other.network,
      external.row.pool.start,
      external.row.pool.start.replace(/\d+$/, "200"),
    );
    await expect.poll(() => asks(guest, worldAddress), limit).toBe(hostAddress);
    for (const address of [external.row.hostAddress, external.row.gateway, hostAddress])
      expect([address, asks(guest, address)]).toEqual([address, null]);
    expect(pings(guest, one.network.external.row.hostAddress), "the other copy's network").toBe(false);

    expect(await stop(one)).toBe(0);
    expect(asks(guest, worldAddress), "the other copy goes on").toBe(hostAddress);
    expect(await stop(other)).toBe(0);
    expect(hostState()).toEqual(before);
    expect([traces(one.network.place), traces(place)]).toEqual([nothing, nothing]);
  });

  it("tunnels to another hypervisor, which dials its southbound database with a certificate", async () => {
    const other = `mt-${id}-other`;
    addNamespace(other);
    join(host, "under0", other, "under1");
    ip("-n", host, "addr", "add", "192.0.2.10/24", "dev", "under0");
    ip("-n", other, "addr", "add", "192.0.2.20/24", "dev", "under1");
    const [mine, stranger] = [certificates(folder()), certificates(folder())];
    const southbound = "192.0.2.10:6642";
    const first = await start(folder(), {
      ...{ MADANG_OVN_SB_LISTEN: southbound, ...settingsOf(mine) },
      ...{ MADANG_TUNNEL_NIC: "under0", MADANG_TUNNEL_ADDRESS: "192.0.2.11/24" },
    });
    const further = await start(
      folder(),
      {
        ...{ MADANG_OVN_SB: `ssl:${southbound}`, ...settingsOf(mine) },
        ...{ MADANG_TUNNEL_NIC: "under1", MADANG_TUNNEL_ADDRESS: "192.0.2.21/24" },
      },
      { namespace: other, role: "further" },
    );
    const guest = plugGuest(first.network, "172.24.4.128", "172.24.4.200");
    nbctl(
      first.network.place,
      ..."lsp-add net far -- lsp-set-addresses far".split(" "),
      "fa:16:3e:00:00:12 10.0.1.12",
    );
    vsctl(further.network.place, "set", "Open_vSwitch", ".", "external-ids:system-id=there");
    const far = `mt-${id}-far`;
    plug(further.network.place, far, "far", "fa:16:3e:00:00:12", "10.0.1.12");
    await serve(guest);
    await expect.poll(() => asks(far, "10.0.1.11"), limit).toBe("10.0.1.12");

    const dial = ({ certificate, key }: Certificates, ca: string) =>
      inside(
        other,
        "ovn-sbctl",
        `--db=ssl:${southbound}`,
        "-p",
        key,
        "-c",
        certificate,
        "-C",
        ca,
        "--timeout=5",
        "show",
      );
    expect(dial(mine, mine.ca)).toContain("Chassis there");
    expect(() => dial(stranger, mine.ca), "signed by another authority").toThrow();

    for (const copy of [further, first]) expect(await stop(copy)).toBe(0);
    for (const { network } of [further, first]) expect(traces(network.place)).toEqual(nothing);
  });

  it("borrows a network card and gives it back", async () => {
    join(host, "card0", world, "port0");
    ip("-n", world, "addr", "add", "198.51.100.1/24", "dev", "port0");
    ip("-n", host, "link", "set", "card0", "down");
    const before = hostState();
    const settings = { MADANG_EXTERNAL: "card0", MADANG_EXTERNAL_CIDR: "198.51.100.0/24" };
    const copy = await start(folder(), settings);
    expect(inside(host, "ip", "-br", "link")).not.toContain("card0");
    const guest = plugGuest(copy.network, "198.51.100.130", "198.51.100.200");
    await expect.poll(() => pings(world, "198.51.100.130"), limit).toBe(true);
    await expect.poll(() => asks(guest, "198.51.100.1"), limit).toBe("198.51.100.130");
    expect(await stop(copy)).toBe(0);
    const after = hostState();
    const stateless = (links: string) =>
      JSON.parse(links)
        .map(({ ifname, operstate }: { ifname: string; operstate: string }) => [ifname, operstate])
        .toSorted();
    expect(stateless(after.links)).toEqual(stateless(before.links));
    expect(after.routes).toBe(before.routes);
    expect(traces(copy.network.place)).toEqual(nothing);
  });
});
