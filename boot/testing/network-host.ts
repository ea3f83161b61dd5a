/**
 * Hosts for tests of the network: network namespaces with the world behind them in another, in which copies of Madang's
 * network are started, and guests plugged in by OVN's own tools.
 */
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

export const id = randomBytes(3).toString("hex");
export const host = `mt-${id}-host`;
export const world = `mt-${id}-world`;
export const hostAddress = "203.0.113.2";
export const worldAddress = "203.0.113.1";
export const limit = { timeout: 60_000, interval: 100 };

type Place = { data: string; namespace: string; run: string; link: string; table: string };
type External = { row: { cidr: string; gateway: string; hostAddress: string; pool: { start: string } } };
type Network = { kind: string; datapath: string; place: Place; external: External; switchState: string };
type Copy = { process: ChildProcess; network: Network };

const run = (command: string, ...args: string[]) => execFileSync(command, args, { encoding: "utf8" });
export const ip = (...args: string[]) => run("ip", ...args);
export const inside = (namespace: string, ...args: string[]) =>
  run("nsenter", `--net=/run/netns/${namespace}`, ...args);
export const vsctl = ({ run: folder }: Place, ...args: string[]) =>
  run("ovs-vsctl", `--db=unix:${folder}/db.sock`, "--timeout=20", ...args).trim();
export const nbctl = ({ run: folder }: Place, ...args: string[]) =>
  run("ovn-nbctl", `--db=unix:${folder}/nb.sock`, "--timeout=20", ...args).trim();

const folders: string[] = [];
const copies: Copy[] = [];
const servers: ChildProcess[] = [];
const madeNamespaces: string[] = [];

export function addNamespace(name: string): void {
  ip("netns", "add", name);
  madeNamespaces.push(name);
  // Its link-local addresses come late, and this is about IPv4.
  inside(name, "sh", "-c", "echo 1 | tee /proc/sys/net/ipv6/conf/*/disable_ipv6 > /dev/null");
  ip("-n", name, "link", "set", "lo", "up");
}

/** Two ends, both up; the checksums of what is sent into a userspace switch must be done. */
export function join(from: string, name: string, to: string, peer: string): void {
  ip("link", "add", name, "netns", from, "type", "veth", "peer", "name", peer, "netns", to);
  ip("-n", from, "link", "set", name, "up");
  ip("-n", to, "link", "set", peer, "up");
  for (const [namespace, link] of [
    [from, name],
    [to, peer],
  ] as const)
    inside(namespace, "ethtool", "-K", link, "tx", "off");
}

export function folder(): string {
  const made = mkdtempSync(`${tmpdir()}/madang-net-`);
  folders.push(made);
  return made;
}

/** `further`: a machine that is a hypervisor and nothing else. */
type Where = { namespace: string; role: "first" | "further" };

export async function start(
  data: string,
  settings: Record<string, string> = {},
  { namespace, role }: Where = { namespace: host, role: "first" },
): Promise<Copy> {
  const main = fileURLToPath(new URL("./network-copy.mjs", import.meta.url));
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

export async function stop({ process: child }: Copy): Promise<number | null> {
  if (child.exitCode !== null || child.signalCode !== null) return child.exitCode;
  const ended = new Promise<number | null>((resolve) => child.once("exit", resolve));
  child.kill("SIGTERM");
  return ended;
}

/** All that a copy could leave on its host, and in the run folder of the machine. */
export function hostState() {
  return {
    links: inside(host, "ip", "-j", "link"),
    addresses: inside(host, "ip", "-j", "addr"),
    routes: inside(host, "ip", "route", "show", "table", "all"),
    rules: inside(host, "nft", "list", "ruleset"),
    forwarding: inside(host, "sh", "-c", "grep -r . /proc/sys/net/ipv4/conf/*/forwarding"),
  };
}

export function traces({ namespace, run: folder }: Place) {
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

export const nothing = { namespaces: [], folders: [], processes: [] };

/** A guest behind a router with a floating IP, by OVN's own tools. */
export function plugGuest({ place, external }: Network, floating: string, gateway: string): string {
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
export function plug(place: Place, guest: string, port: string, mac: string, address: string): void {
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

export type Certificates = { certificate: string; key: string; ca: string };

/** An authority of its own, which signs a certificate for a name. */
export function authority(at: string): (name: string) => Certificates {
  const make = (name: string, ...more: string[]) => {
    const files = ["-keyout", `${at}/${name}.key`, "-out", `${at}/${name}.pem`];
    const kind = ["-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", `/CN=${name}`];
    execFileSync("openssl", ["req", "-x509", ...kind, ...files, ...more], { stdio: "ignore" });
    return `${at}/${name}.pem`;
  };
  const ca = make("authority");
  return (name) => ({
    ca,
    certificate: make(name, "-CA", ca, "-CAkey", `${at}/authority.key`),
    key: `${at}/${name}.key`,
  });
}

export const settingsOf = ({ certificate, key, ca }: Certificates) => ({
  MADANG_OVN_CERT: certificate,
  MADANG_OVN_KEY: key,
  MADANG_OVN_CA: ca,
});

export function pings(from: string, to: string): boolean {
  try {
    inside(from, "busybox", "ping", "-c", "1", "-W", "1", to);
    return true;
  } catch {
    return false;
  }
}

/** Serves TCP at 8080 on every address of a namespace, and answers with the address that it was asked from. */
export async function serve(namespace: string): Promise<void> {
  const program = `require("node:net").createServer((s) => s.on("error", () => {}).end(s.remoteAddress)).listen(8080, "0.0.0.0", () => console.log("up"))`;
  const server = spawn("nsenter", [`--net=/run/netns/${namespace}`, process.execPath, "-e", program], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  servers.push(server);
  await new Promise((resolve) => server.stdout.once("data", resolve));
}

/** What the server there answers; null: no connection within the time. */
export function asks(from: string, address: string): string | null {
  const program = `const s = require("node:net").connect(8080, "${address}"); s.setTimeout(1000, () => process.exit(1));
    s.on("error", () => process.exit(1)); s.on("data", (d) => console.log(String(d)));`;
  try {
    return inside(from, process.execPath, "-e", program).trim();
  } catch {
    return null;
  }
}

/** The host and the world behind it, each with a server. */
export async function openHost(): Promise<void> {
  for (const name of [host, world]) addNamespace(name);
  join(host, "up0", world, "down0");
  ip("-n", host, "addr", "add", `${hostAddress}/24`, "dev", "up0");
  ip("-n", world, "addr", "add", `${worldAddress}/24`, "dev", "down0");
  ip("-n", host, "route", "add", "default", "via", worldAddress);
  for (const name of [host, world]) await serve(name);
}

export async function closeHost(): Promise<void> {
  for (const copy of copies) await stop(copy);
  for (const server of servers) server.kill("SIGKILL");
  for (const name of madeNamespaces) ip("netns", "del", name);
  for (const path of folders) rmSync(path, { recursive: true, force: true });
}
