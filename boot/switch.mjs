import { existsSync } from "node:fs";
import { hostname } from "node:os";
import { ip, must } from "./iproute.mjs";
import { inNamespace } from "./network-place.mjs";
import { ovsAnswers } from "./ovs-answer.mjs";
import { makeTunnelEnd, tunnelAddress } from "./tunnel.mjs";
import { vsctl } from "./vsctl.mjs";

const quietLog = ["-vsyslog:off", "-vconsole:info"];
const schema = "/usr/share/openvswitch/vswitch.ovsschema";
/** What carries guests' traffic lives as long as they do: past a killed supervisor, whose successor adopts it. */
const lasting = { survives: true, cwd: "/", restartMs: 0, longestRestartMs: 2_000 };

const plainly = (command, args) => ({ command, args, becomes: [command, ...args] });

/** The database of this machine's own switch. It begins empty with each namespace. */
async function databaseDefinition(place) {
  const file = `${place.run}/conf.db`;
  if (!existsSync(file)) await must("ovsdb-tool", ["create", file, schema], { env: place.env });
  const control = `${place.run}/ovsdb.ctl`;
  const args = [...quietLog, `--unixctl=${control}`, `--remote=punix:${place.ovsDatabase}`, file];
  return {
    ...lasting,
    name: "ovsdb",
    ...plainly("ovsdb-server", args),
    env: place.env,
    answers: () => ovsAnswers(place, control),
  };
}

function switchDefinition(place, { datapath, watch }) {
  const control = `${place.run}/ovs-vswitchd.ctl`;
  const only = datapath === "netdev" ? ["--disable-system"] : [];
  const args = [...quietLog, ...only, `--unixctl=${control}`, `unix:${place.ovsDatabase}`];
  return {
    ...lasting,
    name: "ovs-vswitchd",
    ...inNamespace(place, "ovs-vswitchd", args),
    env: place.env,
    answers: () => ovsAnswers(place, control),
    heed: watch.heed,
    ended: watch.ended,
  };
}

/** It speaks over sockets alone, and to a southbound database elsewhere by this machine's own network. */
function controllerDefinition(place, tls) {
  const certificate = tls ? ["-p", tls.key, "-c", tls.certificate, "-C", tls.ca] : [];
  return {
    ...lasting,
    name: "ovn-controller",
    ...plainly("ovn-controller", [...quietLog, ...certificate, `unix:${place.ovsDatabase}`]),
    env: place.env,
    answers: (pid) => ovsAnswers(place, `${place.run}/ovn-controller.${pid}.ctl`),
    // It says nothing while it reckons all flows anew.
    hungSeconds: 60,
  };
}

/** br-int is OVN's, br-ex leads outside, br-phy carries tunnels: there user space looks for their address. */
const bridges = [
  { name: "br-int", fields: ["fail-mode=secure", "other-config:disable-in-band=true"] },
  { name: "br-ex", fields: ["fail-mode=standalone"] },
  { name: "br-phy", fields: ["fail-mode=standalone"] },
];

async function makeBridges(place, datapath) {
  const make = bridges.flatMap(({ name, fields }) => [
    ...["--", "--may-exist", "add-br", name],
    ...["--", "set", "bridge", name, `datapath_type=${datapath}`, ...fields],
  ]);
  await vsctl(place, ...make.slice(1));
  for (const { name } of bridges) await ip("-n", place.namespace, "link", "set", name, "up");
}

/** Whose chassis it is, the agent writes as soon as it knows: till then ovn-controller waits. */
function describeChassis(place, { datapath, southbound, tunnel, outward }) {
  const facts = {
    hostname: hostname(),
    "ovn-remote": southbound,
    "ovn-encap-type": "geneve",
    "ovn-encap-ip": tunnelAddress(tunnel),
    "ovn-bridge": "br-int",
    "ovn-bridge-datapath-type": datapath,
    ...(outward ? { "ovn-bridge-mappings": "public:br-ex" } : {}),
    "ovn-monitor-all": "true",
  };
  const words = Object.entries(facts).map(([name, value]) => `external-ids:${name}="${value}"`);
  return vsctl(place, "--no-wait", "init", "--", "set", "Open_vSwitch", ".", ...words);
}

/** Starts the switch of this machine with its bridges, and what OVN has it do. */
export async function startSwitch(supervisor, place, chassis) {
  await supervisor.start(await databaseDefinition(place));
  await describeChassis(place, chassis);
  await supervisor.start(switchDefinition(place, chassis));
  await makeBridges(place, chassis.datapath);
  await makeTunnelEnd(place, chassis);
  await supervisor.start(controllerDefinition(place, chassis.tls));
}

/** The names under which the supervisor runs them. */
export const lastingNames = ["ovsdb", "ovs-vswitchd", "ovn-controller"];
