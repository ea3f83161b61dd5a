import { readFileSync, writeFileSync } from "node:fs";
import util from "node:util";
import { Fault, report } from "./fault.mjs";
import { networkLines } from "./greeting.mjs";
import { resolveHypervisor, wantsRealGuests } from "./hypervisor.mjs";
import { startHypervisor } from "./local-hypervisor.mjs";
import { startNetwork } from "./network.mjs";
import { choosePorts, metricsWanted } from "./ports.mjs";
import { checkMachine, ensureNodeModules, ensureSystemPackages } from "./preparation.mjs";
import { quiet } from "./repository.mjs";
import { runSession } from "./session.mjs";
import { readSettings } from "./settings.mjs";

const usage =
  "npm run agent -- --url https://HOST:PORT[,https://…] --token TOKEN --ca-fingerprint SHA256 [--name NAME]";

function readArguments() {
  const text = { type: "string" };
  try {
    const { values } = util.parseArgs({
      options: { url: text, token: text, "ca-fingerprint": text, name: text },
    });
    return values;
  } catch (error) {
    throw new Fault(`${error.message}`, { advice: `Usage: ${usage}` });
  }
}

function kept(file) {
  try {
    return JSON.parse(readFileSync(file, "utf8"));
  } catch {
    return {};
  }
}

/** Where the control plane is: given at the join, kept for later starts. The token is used once and never kept. */
function readLink(data, given) {
  const file = `${data}/control-plane.json`;
  const old = kept(file);
  const link = {
    url: given.url ?? old.url,
    fingerprint: given["ca-fingerprint"]?.toLowerCase().replaceAll(":", "") ?? old.fingerprint,
    name: given.name ?? old.name,
  };
  if (!link.url || !/^[0-9a-f]{64}$/.test(link.fingerprint ?? ""))
    throw new Fault("The agent does not know its control plane yet.", {
      advice: `Copy the join command from the portal (Administration, Hypervisors): ${usage}`,
    });
  for (const url of link.url.split(","))
    if (!URL.canParse(url) || !url.startsWith("https:"))
      throw new Fault(`"${url}" is no https URL.`, { advice: `Usage: ${usage}` });
  writeFileSync(file, `${JSON.stringify(link, null, 2)}\n`);
  return link;
}

async function start(settings, given, { supervisor, progress, logs }) {
  const link = readLink(settings.data, given);
  if (wantsRealGuests(settings)) await ensureSystemPackages(["run"], { progress, logs });
  const { hypervisor, why } = await resolveHypervisor(settings);
  await ensureNodeModules({ progress, logs, env: { ...process.env, ...quiet } });
  const named = { ...settings, hypervisorName: link.name ?? settings.hypervisorName };
  const join = { token: given.token ?? null, fingerprint: link.fingerprint };
  const ports = await choosePorts(`${settings.data}/ports.json`, metricsWanted(settings, ["agent"]));
  const network = await startNetwork(supervisor, { settings: named, hypervisor, first: false, progress });
  const wiring = { settings: named, ports, network, dev: false };
  await startHypervisor(supervisor, { wiring, progress, hypervisor, agentUrl: link.url, join });
  progress.say(`\n  ${named.hypervisorName} runs guests for ${link.url} (${hypervisor}: ${why})`);
  for (const line of networkLines(network)) progress.say(line);
  progress.say(`  Its log is ${logs}/agent.log. Stop it with Ctrl-C: guests are shut down first.\n`);
}

try {
  checkMachine();
  const given = readArguments();
  const settings = readSettings();
  await runSession(settings.data, (session) => start(settings, given, session));
} catch (error) {
  report(error);
  process.exit(1);
}
