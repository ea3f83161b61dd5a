/**
 * An OVN of its own with three chassis in network namespaces, userspace datapath, no kernel module: real packets between
 * namespaces that play guests. One underlay bridge, one provider bridge, one host outside. Needs root.
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { until } from "../../hypervisor/testing/until.ts";
import { attempt, ip, run } from "./lab-command.ts";
import { type LabDaemon, labDaemon } from "./lab-daemon.ts";
import { sweepLabs } from "./lab-sweep.ts";

export type LabChassis = {
  name: string;
  namespace: string;
  /** ovs-vsctl at this chassis */
  vsctl(...args: string[]): Promise<string>;
  /** The socket of its switch's database. */
  database: string;
  databaseServer: LabDaemon;
  controller: LabDaemon;
  vswitchd: LabDaemon;
  log: string;
};

export type OvnLab = {
  prefix: string;
  /** Its folder */
  root: string;
  northbound: string;
  southbound: string;
  chassis: readonly LabChassis[];
  /** The namespace outside, with `externalGateway` on the provider's wire. */
  outside: string;
  nbctl(...args: string[]): Promise<string>;
  sbctl(...args: string[]): Promise<string>;
  nb: LabDaemon;
  sb: LabDaemon;
  close(): Promise<void>;
};

export const physicalNetwork = "public";
export const externalGateway = "172.24.4.1";
const schemas = "/usr/share/ovn";

export async function startOvnLab(chassisCount = 3): Promise<OvnLab> {
  await sweepLabs();
  const prefix = `mdt${process.pid}`;
  const root = await mkdtemp(join(tmpdir(), `${prefix}-`));
  const daemons: LabDaemon[] = [];
  const close = async () => {
    for (const daemon of daemons.toReversed()) await daemon.end();
    await sweepLabs(prefix);
    await rm(root, { recursive: true });
  };
  try {
    return { ...(await build(prefix, root, daemons, chassisCount)), close };
  } catch (error) {
    await close();
    throw error;
  }
}

async function build(
  prefix: string,
  root: string,
  daemons: LabDaemon[],
  chassisCount: number,
): Promise<Omit<OvnLab, "close">> {
  const wires = `${prefix}-sw`;
  const outside = `${prefix}-ext`;
  for (const namespace of [wires, outside]) await ip([`netns add ${namespace}`]);
  for (const bridge of ["under", "prov"]) {
    await ip([`link add ${bridge} type bridge`, `link set ${bridge} up`], wires);
  }
  await wire(outside, "eth0", wires, "p-ext", "prov");
  await ip(["link set lo up", `addr add ${externalGateway}/24 dev eth0`], outside);
  const central = join(root, "n");
  await run("mkdir", central);
  const nb = await database("nb", central, daemons);
  const sb = await database("sb", central, daemons);
  const [northbound, southbound] = [`unix:${central}/nb.sock`, `unix:${central}/sb.sock`];
  const nbctl = (...args: string[]) => run("ovn-nbctl", `--db=${northbound}`, "--timeout=20", ...args);
  const sbctl = (...args: string[]) => run("ovn-sbctl", `--db=${southbound}`, "--timeout=20", ...args);
  await Promise.all([nbctl("init"), sbctl("init")]);
  const args = [`--unixctl=${central}/northd.ctl`, `--ovnnb-db=${northbound}`, `--ovnsb-db=${southbound}`];
  const northd = labDaemon({ name: "northd", folder: central, namespace: null, program: "ovn-northd", args });
  northd.start();
  daemons.push(northd);
  const numbers = Array.from({ length: chassisCount }, (_, index) => index + 1);
  const chassis = await Promise.all(
    numbers.map((number) => addChassis({ prefix, root, number, wires, southbound, daemons })),
  );
  const known = async () => (await sbctl("--bare", "--columns=name", "list", "chassis")).split(/\s+/);
  await until("the chassis", async () => {
    const names = await known();
    return chassis.every(({ name }) => names.includes(name));
  });
  return { prefix, root, northbound, southbound, chassis, outside, nbctl, sbctl, nb, sb };
}

/** The database of a side, on a socket of its name. */
async function database(side: "nb" | "sb", folder: string, daemons: LabDaemon[]): Promise<LabDaemon> {
  const file = join(folder, `${side}.db`);
  await run("ovsdb-tool", "create", file, join(schemas, `ovn-${side}.ovsschema`));
  const args = [`--unixctl=${folder}/${side}.ctl`, `--remote=punix:${folder}/${side}.sock`, file];
  const daemon = labDaemon({ name: side, folder, namespace: null, program: "ovsdb-server", args });
  daemon.start();
  daemons.push(daemon);
  await answers(`unix:${folder}/${side}.sock`);
  return daemon;
}

export async function answers(remote: string): Promise<void> {
  await until(`${remote} to answer`, async () => (await attempt("ovsdb-client", "list-dbs", remote)).ok);
}

/** A veth of which nothing leaves with its checksum left to hardware: the userspace datapath has none. */
export async function wire(
  namespace: string,
  device: string,
  other: string,
  peer: string,
  bridge: string | null,
): Promise<void> {
  await ip([`link add ${device} netns ${namespace} type veth peer name ${peer} netns ${other}`]);
  await ip([`link set ${device} up`], namespace);
  await ip(
    bridge ? [`link set ${peer} master ${bridge}`, `link set ${peer} up`] : [`link set ${peer} up`],
    other,
  );
  await run("ip", "netns", "exec", namespace, "ethtool", "-K", device, "tx", "off");
}

type ChassisOptions = {
  prefix: string;
  root: string;
  number: number;
  wires: string;
  southbound: string;
  daemons: LabDaemon[];
};

async function addChassis(options: ChassisOptions): Promise<LabChassis> {
  const { prefix, root, number, wires, southbound, daemons } = options;
  const [name, namespace, folder] = [`chassis-${number}`, `${prefix}-c${number}`, join(root, `c${number}`)];
  await run("mkdir", folder);
  await ip([`netns add ${namespace}`]);
  await ip(["link set lo up"], namespace);
  await wire(namespace, "phy0", wires, `p-u${number}`, "under");
  await wire(namespace, "ext0", wires, `p-e${number}`, "prov");
  const socket = `unix:${folder}/db.sock`;
  const file = join(folder, "conf.db");
  await run("ovsdb-tool", "create", file, "/usr/share/openvswitch/vswitch.ovsschema");
  const own = (program: string, args: readonly string[]) => {
    const daemon = labDaemon({ name: program, folder, namespace, program, args });
    daemon.start();
    daemons.push(daemon);
    return daemon;
  };
  const databaseServer = own("ovsdb-server", [
    `--unixctl=${folder}/ovsdb.ctl`,
    `--remote=punix:${folder}/db.sock`,
    file,
  ]);
  await answers(socket);
  const vsctl = (...args: string[]) => run("ovs-vsctl", `--db=${socket}`, "--timeout=20", ...args);
  const encap = `10.200.0.${number}`;
  await vsctl("--no-wait", "init");
  await vsctl("--no-wait", "set", "Open_vSwitch", ".", ...chassisSettings(name, southbound, encap));
  const vswitchd = own("ovs-vswitchd", ["--disable-system", `--unixctl=${folder}/vswitchd.ctl`, socket]);
  await vsctl(...bridges());
  // The tunnel's address must be on a bridge of the userspace datapath that owns the underlay's device.
  await ip([`addr add ${encap}/24 dev br-phy`, "link set br-phy up", "link set br-ex up"], namespace);
  await attempt("ip", "netns", "exec", namespace, "ethtool", "-K", "br-phy", "tx", "off");
  const controller = own("ovn-controller", [socket]);
  return {
    name,
    namespace,
    vsctl,
    database: `${folder}/db.sock`,
    databaseServer,
    controller,
    vswitchd,
    log: join(folder, "ovs-vswitchd.log"),
  };
}

function chassisSettings(name: string, southbound: string, encap: string): string[] {
  const settings = {
    "system-id": name,
    hostname: name,
    "ovn-remote": southbound,
    "ovn-encap-type": "geneve",
    "ovn-encap-ip": encap,
    "ovn-bridge-datapath-type": "netdev",
    "ovn-bridge-mappings": `${physicalNetwork}:br-ex`,
  };
  return Object.entries(settings).map(([key, value]) => `external-ids:${key}="${value}"`);
}

function bridges(): string[] {
  const bridge = (name: string, failMode: string, device: string | null) => [
    ...["--", "add-br", name, "--", "set", "bridge", name, "datapath_type=netdev", `fail-mode=${failMode}`],
    ...(device ? ["--", "add-port", name, device] : []),
  ];
  return [
    ...bridge("br-phy", "standalone", "phy0"),
    ...bridge("br-ex", "standalone", "ext0"),
    ...bridge("br-int", "secure", null),
  ].slice(1);
}
