/** A namespace that plays a guest: an interface of its own, DHCP by busybox, connections, and what it sees on its wire. */
import { type ChildProcess, spawn } from "node:child_process";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { until } from "../../hypervisor/testing/until.ts";
import { attempt, ip, run, type Said, systemPath } from "./lab-command.ts";
import { type LabChassis, type OvnLab, wire } from "./ovn-lab.ts";

export type Lease = { address: string; mtu: string; router: string; dns: string; routes: string };

export type LabGuest = {
  /** Asks for a lease, and sets the interface by it as a guest does. */
  lease(): Promise<Lease>;
  /** One packet and its answer. */
  pings(address: string): Promise<boolean>;
  /** What a TCP server says; null: no connection within the seconds, two if none are given. */
  connect(address: string, port: number, seconds?: number): Promise<string | null>;
  /** Answers each TCP connection to the port with `name` and the peer's address; over IPv4 if no host is given. */
  serve(name: string, port: number, host?: string): Promise<void>;
  /** Sends one UDP datagram. */
  send(from: number, address: string, to: number): Promise<void>;
  /** Takes another MAC or address. */
  become(...lines: string[]): Promise<void>;
  exec(...command: string[]): Promise<string>;
  attempt(...command: string[]): Promise<Said>;
  /** Collects a line a frame until `stop`. */
  watch(filter: string): Promise<Wiretap>;
};

export type Wiretap = { lines(): readonly string[]; stop(): void };

/** Joins a guest to a chassis: what an agent does with a tap, done with a veth. */
export async function plugGuest(
  lab: OvnLab,
  { namespace: chassis, vsctl }: LabChassis,
  port: { id: string; mac: string },
): Promise<LabGuest> {
  const short = port.id.slice(0, 8);
  const namespace = `${lab.prefix}-g${short}`;
  await ip([`netns add ${namespace}`]);
  await ip(["link set lo up"], namespace);
  await wire(namespace, "eth0", chassis, `tap${short}`, null);
  await ip([`link set eth0 address ${port.mac}`], namespace);
  const ids = [`external-ids:iface-id=${port.id}`, `external-ids:attached-mac="${port.mac}"`];
  await vsctl("add-port", "br-int", `tap${short}`, "--", "set", "interface", `tap${short}`, ...ids);
  return guestIn(lab, namespace);
}

/** Whoever lives in a namespace of the lab; its processes end with it. */
export function guestIn(lab: OvnLab, namespace: string): LabGuest {
  const inside = ["netns", "exec", namespace];
  const begin = (program: string, ...args: string[]): ChildProcess =>
    spawn("setpriv", ["--pdeathsig", "KILL", "--", "ip", ...inside, program, ...args], {
      env: { PATH: systemPath },
      stdio: ["ignore", "pipe", "ignore"],
    });
  return {
    async lease() {
      const script = join(lab.root, "lease.sh");
      await writeFile(script, leaseScript, { mode: 0o755 });
      const asked = ["-i", "eth0", "-n", "-q", "-f", "-t", "10", "-T", "1", "-s", script];
      const options = ["mtu", "staticroutes"].flatMap((option) => ["-O", option]);
      return parseLease(await run("ip", ...inside, "busybox", "udhcpc", ...asked, ...options));
    },
    pings: async (address) =>
      (await attempt("ip", ...inside, "busybox", "ping", "-c", "1", "-W", "1", address)).ok,
    async connect(address, port, seconds = 2) {
      // nc itself waits for ever for what a connection that was cut off in its middle would have said.
      const limited = ["timeout", String(seconds + 1), "busybox", "nc", "-w", String(seconds)];
      const said = await attempt("ip", ...inside, ...limited, address, String(port));
      return said.ok && said.out !== "" ? said.out : null;
    },
    async serve(name, port, host = "0.0.0.0") {
      const server = begin(process.execPath, "-e", serverScript, name, String(port), host);
      await new Promise((resolve) => server.stdout?.once("data", resolve));
    },
    send: async (from, address, to) => {
      await run("ip", ...inside, process.execPath, "-e", sendScript, String(from), address, String(to));
    },
    become: (...lines) => ip(lines, namespace),
    exec: (...command) => run("ip", ...inside, ...command),
    attempt: (...command) => attempt("ip", ...inside, ...command),
    async watch(filter) {
      const tap = begin("tcpdump", "-l", "-n", "-e", "-i", "eth0", "--immediate-mode", ...filter.split(" "));
      let text = "";
      tap.stdout?.on("data", (chunk: Buffer) => {
        text += chunk.toString();
      });
      // It says nothing on its output before the first frame, but it has its socket when the kernel lists it.
      await until("tcpdump to listen", async () =>
        (await run("ip", ...inside, "cat", "/proc/net/packet")).includes("0003"),
      );
      return { lines: () => text.split("\n").filter((line) => line !== ""), stop: () => tap.kill() };
    },
  };
}

const serverScript = `
const [name, port, host] = process.argv.slice(1);
const server = require("node:net").createServer((socket) => {
  socket.on("error", () => {});
  socket.end(name + " " + socket.remoteAddress + "\\n");
});
server.listen(Number(port), host, () => console.log("ready"));`;

const sendScript = `
const [from, address, to] = process.argv.slice(1);
const socket = require("node:dgram").createSocket("udp4");
socket.bind(Number(from), () => socket.send("hello", Number(to), address, () => socket.close()));`;

/** Options as udhcpc tells them; the routes replace the router (RFC 3442). */
const leaseScript = `#!/bin/sh
[ "$1" = bound ] || exit 0
ip link set "$interface" mtu "\${mtu:-1500}"
ip addr replace "$ip/$mask" dev "$interface"
if [ -n "$staticroutes" ]; then
  set -- $staticroutes
  while [ $# -ge 2 ]; do
    ip route replace "$1" via "$2" dev "$interface" onlink
    shift 2
  done
elif [ -n "$router" ]; then
  ip route replace default via "$router" dev "$interface"
fi
echo "lease|$ip/$mask|$mtu|$router|$dns|$staticroutes"
`;

function parseLease(said: string): Lease {
  const told = said.split("\n").find((line) => line.startsWith("lease|"));
  if (!told) throw new Error(`no lease: ${said}`);
  const [, address = "", mtu = "", router = "", dns = "", routes = ""] = told.split("|");
  return { address, mtu, router, dns, routes };
}
