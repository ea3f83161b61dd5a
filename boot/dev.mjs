import { startControlPlane } from "./control-plane.mjs";
import { requireWhole } from "./data-folder.mjs";
import { report } from "./fault.mjs";
import { blankImage } from "./guest-image.mjs";
import { waitForHealth } from "./health.mjs";
import { startHypervisor } from "./local-hypervisor.mjs";
import { demandPort } from "./ports.mjs";
import { checkReach } from "./postgres.mjs";
import { checkMachine, ensureNodeModules } from "./preparation.mjs";
import { quiet, repository } from "./repository.mjs";
import { runSession } from "./session.mjs";
import { readSettings } from "./settings.mjs";

const adminPassword = "a yard for developers";

function developerSettings() {
  const defaults = {
    MADANG_DATA: `${repository}/data/dev`,
    MADANG_ADMIN_PASSWORD: adminPassword,
    MADANG_SIMULATED: "3",
  };
  return readSettings({ ...defaults, ...process.env, MADANG_HYPERVISOR: "simulated" });
}

async function start(settings, { supervisor, progress, logs }) {
  requireWhole(settings.data);
  if (settings.root && !settings.databaseUrl) checkReach(settings.data);
  await demandPort(settings.port, settings.listen, "PORT");
  await ensureNodeModules({ progress, logs, env: { ...process.env, ...quiet } });
  const { name, file } = blankImage(settings.cache);
  const images = [settings.imageFiles, `${name}=${file}`].filter(Boolean).join(",");
  const plane = await startControlPlane(supervisor, {
    settings,
    progress,
    logs,
    images,
    dist: null,
    network: { kind: "simulated", why: "guests are simulated" },
    hypervisors: settings.simulated,
    dev: true,
  });
  await startHypervisor(supervisor, {
    ...plane,
    progress,
    hypervisor: "simulated",
    agentUrl: plane.localAgentUrl,
  });
  await progress.step("Waiting until every part reports in", () => waitForHealth(settings, supervisor));
  progress.say(`\n  ${settings.url}   sign in: admin / ${settings.adminPassword}`);
  progress.say(
    `  ${settings.simulated} simulated hypervisors. Sources are watched; logs are in ${logs}. Stop with Ctrl-C.\n`,
  );
}

try {
  checkMachine();
  const settings = developerSettings();
  await runSession(settings.data, (session) => start(settings, session));
} catch (error) {
  report(error);
  process.exit(1);
}
