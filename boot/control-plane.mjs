import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { bootstrap } from "./administrator.mjs";
import { fingerprintOf } from "./authority.mjs";
import { contentHash } from "./content-hash.mjs";
import { rememberFollowed } from "./external.mjs";
import { migrate } from "./migrations.mjs";
import { choosePorts, metricsWanted } from "./ports.mjs";
import { preparePostgres } from "./postgres.mjs";
import { bootstrapEnvironment, controllerDefinition, webDefinition } from "./processes.mjs";
import { repository } from "./repository.mjs";
import { makeSecrets } from "./secret.mjs";

const loopback = /^(127\.|::1$|localhost$)/;
const wildcard = { "0.0.0.0": "127.0.0.1", "::": "[::1]" };

/** The agents' listener as this machine reaches it, and as others do: by the portal's public name. */
function agentUrls({ listen, url, agentUrl }, port) {
  const own = wildcard[listen] ?? (listen.includes(":") ? `[${listen}]` : listen);
  const local = `https://${own}:${port}`;
  const open = loopback.test(listen) ? local : `https://${new URL(url).hostname}:${port}`;
  return { local, open: agentUrl ?? open };
}

async function startDatabase(supervisor, settings, { progress, port }) {
  const { databasePassword: password } = makeSecrets(`${settings.data}/secrets`);
  if (settings.databaseUrl) return settings.databaseUrl;
  const { url } = await progress.step("Starting PostgreSQL", async () => {
    const { url: made, definition } = preparePostgres({ ...settings, port, password });
    await supervisor.start(definition);
    return { url: made };
  });
  return url;
}

/** Looking whether anything is to migrate takes seconds: our own PostgreSQL's folder remembers what it has. */
async function migrateOnce(settings, { url, progress, logs }) {
  const stamp = settings.databaseUrl ? null : `${settings.data}/postgres/madang-migrations`;
  const wanted = contentHash(repository, ["prisma/migrations"]);
  if (stamp && existsSync(stamp) && readFileSync(stamp, "utf8") === wanted) return;
  await progress.step("Migrating the database", () => migrate({ url, logs, env: settings.base }));
  if (stamp) writeFileSync(stamp, wanted);
}

/**
 * Starts PostgreSQL, migrations, the first administrator, controller and portal.
 * Answers what agents and the greeting need to know.
 */
export async function startControlPlane(
  supervisor,
  { settings, progress, logs, images, dist, hypervisors, network, dev = false },
) {
  const ports = await choosePorts(`${settings.data}/ports.json`, {
    postgres: { host: "127.0.0.1", fixed: null },
    agent: { host: settings.listen, fixed: settings.agentPort },
    ...metricsWanted(settings),
  });
  const databaseUrl = await startDatabase(supervisor, settings, { progress, port: ports.postgres });
  const urls = agentUrls(settings, ports.agent);
  const wiring = { settings, databaseUrl, ports, network, agentUrl: urls.open, dev };
  await migrateOnce(settings, { url: databaseUrl, progress, logs });
  const first = await progress.step("Preparing the first administrator and images", async () => {
    const env = bootstrapEnvironment(wiring, images);
    const { hypervisorName, data } = settings;
    return bootstrap({ env, hypervisorName, hypervisors, passwordFile: `${data}/admin-password` });
  });
  if (first.external === "held")
    progress.say(
      `The external network keeps its older range or gateway, for floating IPs or routers have addresses that are in the way: ${network.external.words} is not used until they are released.`,
    );
  else if (first.external) rememberFollowed(network.place, network.external.row);
  await progress.step("Starting the controller", () => supervisor.start(controllerDefinition(wiring)));
  await progress.step("Starting the portal", () => supervisor.start(webDefinition(wiring, dist)));
  const fingerprint = fingerprintOf(`${settings.data}/ca/ca.pem`);
  return { wiring, localAgentUrl: urls.local, join: { token: first.joinToken, fingerprint }, first };
}
