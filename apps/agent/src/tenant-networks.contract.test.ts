/**
 * A real guest on a real OVN: one chassis, QEMU in its namespace, and an agent in a process of its own. What is plugged is
 * read by ovs-vsctl, ip and virsh, and what the guest has of it inside the guest.
 */
import { type ChildProcess, fork } from "node:child_process";
import { randomUUID } from "node:crypto";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type GuestReport, type GuestSpec, guestReport } from "@madang/core/wire/guest";
import { createHypervisorDriver } from "@madang/drivers/hypervisor";
import type { HypervisorDriver } from "@madang/drivers/hypervisor/driver";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import {
  type LibvirtHarness,
  libvirtHarness,
} from "../../../packages/drivers/src/hypervisor/testing/libvirt-harness.ts";
import { testOrder } from "../../../packages/drivers/src/hypervisor/testing/order.ts";
import { logIn, type Terminal, terminal } from "../../../packages/drivers/src/hypervisor/testing/terminal.ts";
import { until } from "../../../packages/drivers/src/hypervisor/testing/until.ts";
import { run } from "../../../packages/drivers/src/network/testing/lab-command.ts";
import { type LabGuest, plugGuest } from "../../../packages/drivers/src/network/testing/lab-guest.ts";
import {
  answers,
  type LabChassis,
  type OvnLab,
  startOvnLab,
} from "../../../packages/drivers/src/network/testing/ovn-lab.ts";

const main = fileURLToPath(new URL("./testing/network-agent.ts", import.meta.url));
const said = z.object({ ready: z.boolean(), held: z.boolean(), report: guestReport.nullable() }).partial();
const password = "madang-test-1";
/** `openssl passwd -6` of it. */
const passwordHash =
  "$6$madangmadang$4nj2KFLVEotUnChFwWpsYR8Spq/dARosvhQ4ENcc7k7mN/rVnbjb/eFajYmFqzE52OdQSL4cbkTF.6FmMIqcs.";

type Nic = GuestSpec["nics"][number];

/** Two networks with the same addresses. */
function network(mac: string): { id: string; metadata: NonNullable<Nic["metadata"]> } {
  const addresses = [{ address: "10.0.1.2", prefixLength: 24 }];
  return { id: randomUUID(), metadata: { portId: randomUUID(), mac, addresses } };
}
const red = network("fa:16:3e:00:0a:02");
const blue = network("fa:16:3e:00:0b:02");

function nic(on: typeof red, mac: string, address: string, dhcp = true): Nic {
  const given = { address, prefixLength: 24, gateway: null, dnsServers: [], dhcp };
  return {
    ...{ portId: randomUUID(), networkId: on.id, mac, mtu: 1442 },
    ...{ addresses: [given], metadata: on.metadata },
  };
}
const first = nic(red, "fa:16:3e:00:00:11", "10.0.1.11");
const second = nic(blue, "fa:16:3e:00:00:12", "10.0.1.12");
/** Nobody answers its DHCP: the guest must set it by what it is told. */
const still = nic(blue, "fa:16:3e:00:00:14", "10.0.1.14", false);
const peer = nic(red, "fa:16:3e:00:00:13", "10.0.1.13");
/** Of a guest that is off, whose part the lab plays: what the first one has, in the other network. */
const twin = nic(blue, "fa:16:3e:00:00:11", "10.0.1.11");

const device = ({ portId }: { portId: string }) => `tap${portId.replaceAll("-", "").slice(0, 11)}`;

/** Goes with libvirt's; QEMU's user may pass through it. */
const agentFolder = () => join(libvirt.instancesDir, "..", "agent");

let lab: OvnLab;
let chassis: LabChassis;
let libvirt: LibvirtHarness;
let driver: HypervisorDriver;
let others: { peer: LabGuest; twin: LabGuest };
let agent: ChildProcess;
let reports: GuestReport[] = [];
let holds = false;

let guest: GuestSpec;
const idle = testOrder({ imagePath: null, nics: [twin], hostname: "twin", desired: "stopped" }).spec;

beforeAll(async () => {
  lab = await startOvnLab(1);
  const [only] = lab.chassis;
  if (!only) throw new Error("no chassis");
  chassis = only;
  libvirt = await libvirtHarness(chassis.namespace);
  await describeNetworks();
  others = {
    peer: await plugGuest(lab, chassis, { id: peer.portId, mac: peer.mac }),
    twin: await plugGuest(lab, chassis, { id: twin.portId, mac: twin.mac }),
  };
  driver = await createHypervisorDriver("libvirt-qemu", {
    libvirtDir: libvirt.libvirtDir,
    instancesDir: join(agentFolder(), "instances"),
    virtType: "qemu",
    log: libvirt.log,
  });
}, 300_000);
afterAll(async () => {
  agent?.kill("SIGKILL");
  await driver?.close();
  await libvirt?.close();
  await lab?.close();
}, 120_000);

async function describeNetworks(): Promise<void> {
  for (const { id, metadata } of [red, blue]) {
    await lab.nbctl("ls-add", id);
    const options = (await lab.nbctl("create", "dhcp_options", "cidr=10.0.1.0/24")).trim();
    const routes = "{169.254.169.254/32,10.0.1.2}";
    const own = ["server_id=10.0.1.1", "server_mac=fa:16:3e:00:01:01", "lease_time=3600", "mtu=1442"];
    await lab.nbctl("dhcp-options-set-options", options, ...own, `classless_static_route=${routes}`);
    const { portId, mac } = metadata;
    await lab.nbctl("lsp-add", id, portId, "--", "lsp-set-type", portId, "localport");
    await lab.nbctl("lsp-set-addresses", portId, `${mac} 10.0.1.2`);
    for (const one of [first, second, still, peer, twin].filter(({ networkId }) => networkId === id)) {
      const pair = `${one.mac} ${one.addresses[0]?.address}`;
      await lab.nbctl("lsp-add", id, one.portId, "--", "lsp-set-addresses", one.portId, pair);
      await lab.nbctl("lsp-set-port-security", one.portId, pair);
      if (one.addresses[0]?.dhcp) await lab.nbctl("lsp-set-dhcpv4-options", one.portId, options);
    }
  }
}

async function startAgent(holdStart = false): Promise<void> {
  const settings = {
    directory: agentFolder(),
    libvirtDir: libvirt.libvirtDir,
    imagePath: libvirt.imagePath,
    database: chassis.database,
    namespace: chassis.namespace,
    hypervisorId: chassis.name,
    userData: "#!/bin/sh\necho USER-DATA-RAN\n",
    holdStart,
  };
  const child = fork(main, [JSON.stringify(settings)], { stdio: ["ignore", "ignore", "inherit", "ipc"] });
  agent = child;
  reports = [];
  holds = false;
  const ready = Promise.withResolvers<void>();
  child.on("exit", () => ready.reject(new Error("the agent ended")));
  child.on("message", (message) => {
    const heard = said.parse(message);
    if (heard.ready) ready.resolve();
    if (heard.held) holds = true;
    if (heard.report) reports.push(heard.report);
  });
  await ready.promise;
}

async function killAgent(): Promise<void> {
  const gone = new Promise((resolve) => agent.once("exit", resolve));
  agent.kill("SIGKILL");
  await gone;
}

async function ordered(...specs: GuestSpec[]): Promise<void> {
  agent.send(specs);
  for (const { guestId, generation, desired } of specs)
    await until(`${desired} at ${generation}`, async () => {
      const answers = reports.filter((one) => one.guestId === guestId && one.generation === generation);
      return answers.some(({ observed, phase }) => observed === desired && phase === null);
    });
}

/** Devices of ours: in the switch, in the namespace, in namespaces of their own, and with guests. */
async function plugged() {
  const rows = await chassis.vsctl(
    "--bare",
    "--columns=name,external_ids",
    "--format=csv",
    "list",
    "interface",
  );
  const links = await run("ip", "-n", chassis.namespace, "-br", "link");
  const doors = await run("ip", "netns", "list");
  const door = new RegExp(`^${chassis.namespace}-(tap[0-9a-f]{11})`, "gm");
  return {
    rows: rows
      .split("\n")
      .filter((line) => line.includes("madang-port"))
      .map((line) => line.split(",")[0])
      .toSorted(),
    links: [...links.matchAll(/^(tap[0-9a-f]{11})[@ ]/gm)].map(([, name]) => name).toSorted(),
    doors: [...doors.matchAll(door)].map(([, name]) => name).toSorted(),
    guests: (await libvirt.virsh("list", "--all", "--uuid")).split("\n").filter((line) => line !== ""),
  };
}

describe("an agent on OVN", () => {
  let line: Terminal;
  /** Asks the guest until it answers so. */
  const inside = (command: string, answer: RegExp) =>
    until(
      `${answer} of ${command}`,
      async () => {
        const mark = randomUUID();
        line.type(`${command}; echo ${mark.slice(0, 18)}''${mark.slice(18)}\r`);
        const [text] = await line.see(new RegExp(`[^]*${mark}`), 60_000);
        return answer.test(text);
      },
      120_000,
    );

  it("killed between plug and start leaves nothing behind once it is told that nobody wants the guest", async () => {
    const userDataSha256 = "d".repeat(64);
    guest = testOrder({ imagePath: null, passwordHash, userDataSha256, nics: [first] }).spec;
    await startAgent(true);
    agent.send([guest, idle]);
    await until("the start to be next", async () => holds);
    const taps = [first, red.metadata, blue.metadata].map(device).toSorted();
    await until("all of it plugged", async () => (await plugged()).rows.length === taps.length);
    expect((await plugged()).links).toEqual(taps);
    await killAgent();
    expect((await plugged()).rows).toEqual(taps);
    await startAgent();
    agent.send([]);
    await until("nothing to be left", async () => (await plugged()).links.length === 0);
    expect(await plugged()).toEqual({ rows: [], links: [], doors: [], guests: [] });
  });

  it("gives a guest its address, its neighbour and its word, and no other's", async () => {
    await others.peer.lease();
    await ordered(guest, idle);
    expect((await plugged()).links).toEqual([first, red.metadata, blue.metadata].map(device).toSorted());
    line = terminal(await driver.console(guest.guestId, "serial", AbortSignal.timeout(60_000)));
    await logIn(line, "root", password);
    await inside("ip -4 -o addr show eth0", /inet 10\.0\.1\.11\/24/);
    await inside("cat /sys/class/net/eth0/mtu", /\b1442\b/);
    await inside("ping -c 1 -W 2 10.0.1.13", /\b0% packet loss/);
    expect(await others.peer.pings("10.0.1.11")).toBe(true);
    // More than a segment each way, which unfinished checksums would not survive.
    await others.peer.serve("x".repeat(20_000), 8080);
    await inside("nc -w 5 10.0.1.13 8080 </dev/null | wc -c", /\b200\d\d\b/);
    await inside("/etc/metadata /openstack/latest/meta_data.json 5", new RegExp(guest.instanceId));
    await inside("/etc/metadata /latest/meta-data/local-ipv4 5", /10\.0\.1\.11/);
    // Without its drive, as one that was given none.
    const drive = "$(basename $(readlink /sys/block/vdb/device))";
    await inside(`echo ${drive} > /sys/bus/virtio/drivers/virtio_blk/unbind`, /unbind/);
    await inside("echo drives=$(ls /sys/block | grep -c vd)", /drives=1\b/);
    await inside("rm -f /etc/instance-id; /etc/datasource; cat /run/source", /^metadata\b/m);
    await inside("cat /var/log/user-data.log", /USER-DATA-RAN/);
    await inside("cat /etc/instance-id", new RegExp(guest.instanceId));
    await others.twin.lease();
    const url = "http://169.254.169.254/openstack/latest/meta_data.json";
    const liar = ["-H", "X-Forwarded-For: 10.0.1.13", "-H", `X-Instance-ID: ${guest.instanceId}`];
    for (const headers of [[], liar]) {
      const told = JSON.parse(await others.twin.exec("curl", "-s", "-m", "10", ...headers, url));
      expect(told).toMatchObject({ uuid: idle.instanceId, hostname: "twin" });
    }
  });

  it("plugs and unplugs an interface of a running guest, also one that the switch forgot", async () => {
    const pid = await libvirt.pid(guest.guestId);
    guest = { ...guest, generation: 2, nics: [first, still, second] };
    await ordered(guest, idle);
    for (const one of [still, second])
      expect(await libvirt.virsh("domiflist", guest.guestId)).toContain(device(one));
    // Two slots' events reach the guest in no order: either may be eth1.
    await inside("ip -4 -o addr", /inet 10\.0\.1\.14\/24/);
    await inside("ip -4 -o addr", /inet 10\.0\.1\.12\/24/);
    await chassis.databaseServer.end();
    chassis.databaseServer.start();
    await answers(`unix:${chassis.database}`);
    await chassis.vsctl("del-port", device(first));
    await until("the port to be back", async () => (await plugged()).rows.includes(device(first)));
    await inside("ping -c 1 -W 2 10.0.1.13", /\b0% packet loss/);
    guest = { ...guest, generation: 3, nics: [first] };
    await ordered(guest, idle);
    for (const one of [still, second]) {
      expect(await libvirt.virsh("domiflist", guest.guestId)).not.toContain(device(one));
      expect(await libvirt.virsh("domiflist", guest.guestId, "--inactive")).not.toContain(device(one));
      expect((await plugged()).links).not.toContain(device(one));
    }
    await inside("echo links=$(ls /sys/class/net | grep -c eth)", /links=1\b/);
    expect(await libvirt.pid(guest.guestId)).toBe(pid);
  });

  it("keeps a guest from the namespace that its tap is in", async () => {
    const shown = JSON.parse(await run("ip", "-n", chassis.namespace, "-j", "link", "show", device(first)));
    const [tap] = z.tuple([z.object({ address: z.string() })]).parse(shown);
    const within = (...command: string[]) => run("ip", "netns", "exec", chassis.namespace, ...command);
    const heard = async () => Number((await within("nstat", "-asz", "IcmpInEchos")).split(/\s+/)[2]);
    const say = () => inside("ping -c 2 -W 1 10.200.0.1", /2 packets transmitted/);
    await inside("ip route add 10.200.0.1 dev eth0; echo set", /set/);
    await inside(`arp -i eth0 -s 10.200.0.1 ${tap.address}; arp -n`, new RegExp(tap.address));
    const before = await heard();
    await say();
    expect(await heard()).toBe(before);
    // That it would have been heard: the same once more, with a fence of which only the posts are left.
    for (const family of ["inet", "arp"]) await within("nft", "flush", "table", family, "madang_taps");
    await say();
    expect(await heard()).toBeGreaterThan(before);
    await within("nft", "flush", "ruleset");
    await until("the fence to be back", async () =>
      (await within("nft", "list", "tables")).includes("arp madang_taps"),
    );
    const after = await heard();
    await say();
    expect(await heard()).toBe(after);
  });

  it("gives a running guest the device that was made anew behind its back", async () => {
    const pid = await libvirt.pid(guest.guestId);
    await run("ip", "-n", chassis.namespace, "link", "del", "dev", device(first));
    await until("the peer to be answered", () => others.peer.pings("10.0.1.11"), 120_000);
    await inside("echo links=$(ls /sys/class/net | grep -c eth)", /links=1\b/);
    expect(await libvirt.pid(guest.guestId)).toBe(pid);
  });

  it("changes what is off, and takes everything with the guest", async () => {
    line.close();
    guest = { ...guest, generation: 4, desired: "stopped", nics: [first, second] };
    await ordered(guest, idle);
    expect(await libvirt.virsh("domiflist", guest.guestId)).toContain(device(second));
    expect((await plugged()).links).toContain(device(first));
    await ordered(
      { ...guest, generation: 5, desired: "absent" },
      { ...idle, generation: 2, desired: "absent" },
    );
    await until("nothing to be left", async () => (await plugged()).links.length === 0);
    expect(await plugged()).toEqual({ rows: [], links: [], doors: [], guests: [] });
  });
});
