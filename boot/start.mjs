import { existsSync } from "node:fs";
import { startControlPlane } from "./control-plane.mjs";
import { checkDisk, requireWhole } from "./data-folder.mjs";
import { Fault, report } from "./fault.mjs";
import { greet } from "./greeting.mjs";
import { guestImageFiles } from "./guest-image.mjs";
import { waitForHealth } from "./health.mjs";
import { resolveHypervisor, wantsRealGuests } from "./hypervisor.mjs";
import { startHypervisor } from "./local-hypervisor.mjs";
import { startNetwork } from "./network.mjs";
import { ensurePortal } from "./portal-build.mjs";
import { demandPort } from "./ports.mjs";
import { checkReach } from "./postgres.mjs";
import { checkMachine, ensureNodeModules, ensureSystemPackages } from "./preparation.mjs";
import { quiet } from "./repository.mjs";
import { runSession } from "./session.mjs";
import { readSettings } from "./settings.mjs";

async function checkSurroundings(settings) {
  checkDisk(settings.data, !existsSync(`${settings.data}/postgres`), "Madang's data");
  if (settings.root && !settings.databaseUrl) checkReach(settings.data);
  await demandPort(settings.port, settings.listen, "PORT");
  if (settings.agentPort) await demandPort(settings.agentPort, settings.listen, "MADANG_AGENT_PORT");
}

async function start(settings, { supervisor, progress, logs }) {
  const env = { ...process.env, ...quiet };
  requireWhole(settings.data);
  await checkSurroundings(settings);
  if (wantsRealGuests(settings)) await ensureSystemPackages(["run"], { progress, logs });
  const { hypervisor, why } = await resolveHypervisor(settings);
  await ensureNodeModules({ progress, logs, env });
  const dist = await ensurePortal({ progress, logs, env });
  const images = await guestImageFiles(settings, { hypervisor, progress, logs, env });
  const hypervisors = hypervisor === "simulated" ? settings.simulated : 1;
  const network = await startNetwork(supervisor, { settings, hypervisor, first: true, progress });
  const wishes = { settings, progress, logs, images, dist, hypervisors, network };
  const plane = await startControlPlane(supervisor, wishes);
  await startHypervisor(supervisor, { ...plane, progress, hypervisor, agentUrl: plane.localAgentUrl });
  await progress.step("Waiting until every part reports in", () => waitForHealth(settings, supervisor));
  greet({ settings, first: plane.first, hypervisor, why, network, say: progress.say });
}

try {
  checkMachine();
  const settings = readSettings();
  await runSession(settings.data, (session) => start(settings, session));
} catch (error) {
  report(error instanceof Error ? error : new Fault(String(error)));
  process.exit(1);
}
