import { existsSync, mkdirSync } from "node:fs";
import { ask } from "./command.mjs";
import { must } from "./iproute.mjs";
import { ovsAnswers } from "./ovs-answer.mjs";

const quietLog = ["-vsyslog:off", "-vconsole:info"];

/** They may be busy with a big cloud's rows so long. */
const hungSeconds = 60;

const databases = {
  nb: { schema: "/usr/share/ovn/ovn-nb.ovsschema", tool: "ovn-nbctl" },
  sb: { schema: "/usr/share/ovn/ovn-sb.ovsschema", tool: "ovn-sbctl" },
};

/** Made at the first start, brought to the installed OVN's schema at later ones. */
async function prepareDatabase(place, name) {
  const file = `${place.folder}/${name}.db`;
  const { schema } = databases[name];
  const tool = (...args) => must("ovsdb-tool", args, { env: place.env });
  if (!existsSync(file)) await tool("create", file, schema);
  else if ((await tool("needs-conversion", file, schema)).trim() === "yes")
    await tool("convert", file, schema);
  return file;
}

const target = ({ port, address }) => `pssl:${port}:${address}`;

/** Others dial the southbound with a certificate that the same authority signed; nobody else is let in. */
function listener(name, { southboundListen: listen, southboundRoles: roles, ovnTls: tls }) {
  if (name !== "sb" || !listen) return [];
  const files = [`--private-key=${tls.key}`, `--certificate=${tls.certificate}`, `--ca-cert=${tls.ca}`];
  const remote = roles ? "db:OVN_Southbound,SB_Global,connections" : target(listen);
  return [`--remote=${remote}`, ...files];
}

/** A role is said in the database alone: who dials is the chassis that his certificate names, and writes its rows only. */
async function giveRole(place, { southboundListen: listen, southboundRoles: roles }) {
  if (!listen || !roles) return;
  const row = ["set-connection", "role=ovn-controller", target(listen)];
  await must("ovn-sbctl", [`--db=${place.southbound}`, "--timeout=10", ...row], { env: place.env });
}

async function databaseDefinition(place, name, settings) {
  const file = await prepareDatabase(place, name);
  const socket = `${place.run}/${name}.sock`;
  const control = `${place.run}/${name}.ctl`;
  const { tool } = databases[name];
  // Makes the one row that everything hangs on, and so also says that the server answers.
  const init = [`--db=unix:${socket}`, "--timeout=5", "init"];
  return {
    name: `ovn-${name}`,
    command: "ovsdb-server",
    args: [
      ...quietLog,
      `--unixctl=${control}`,
      `--remote=punix:${socket}`,
      ...listener(name, settings),
      file,
    ],
    env: place.env,
    cwd: "/",
    ready: async () => (await ask(tool, init, { env: place.env })).code === 0,
    answers: () => ovsAnswers(place, control),
    hungSeconds,
  };
}

function northdDefinition(place) {
  const control = `${place.run}/northd.ctl`;
  const args = [`--unixctl=${control}`, `--ovnnb-db=${place.northbound}`, `--ovnsb-db=${place.southbound}`];
  return {
    name: "ovn-northd",
    command: "ovn-northd",
    args: [...quietLog, ...args],
    env: place.env,
    cwd: "/",
    answers: () => ovsAnswers(place, control),
    hungSeconds,
  };
}

/** Both databases, whose files stay in the data folder, and what makes flows of networks. */
export async function startCentral(supervisor, place, settings) {
  mkdirSync(place.folder, { recursive: true, mode: 0o700 });
  for (const name of Object.keys(databases))
    await supervisor.start(await databaseDefinition(place, name, settings));
  await supervisor.start(northdDefinition(place));
  await giveRole(place, settings);
}
