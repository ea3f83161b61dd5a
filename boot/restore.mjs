import { existsSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { resolve } from "node:path";
import { ask } from "./command.mjs";
import { checkDisk } from "./data-folder.mjs";
import { Fault, report } from "./fault.mjs";
import { choosePorts } from "./ports.mjs";
import { checkReach, preparePostgres } from "./postgres.mjs";
import { checkMachine, ensureNodeModules } from "./preparation.mjs";
import { createProgress } from "./progress.mjs";
import { node24, quiet, repository } from "./repository.mjs";
import { makeSecrets } from "./secret.mjs";
import { runSession } from "./session.mjs";
import { readSettings } from "./settings.mjs";

const nothingChanged = "Nothing was restored.";

/** One step of it, in a process of its own. Answers what it printed. */
async function part(name, file, env) {
  const args = [`${repository}/apps/web/server/restore.ts`, name, file];
  const { code, stdout, stderr } = await ask(node24, args, { cwd: repository, env: { ...env, ...quiet } });
  if (code === 0) return stdout;
  throw new Fault(stderr.trim().split("\n").slice(-20).join("\n"), { advice: nothingChanged });
}

function requireEmpty(data) {
  if (!existsSync(data) || readdirSync(data).length === 0) return;
  throw new Fault(`The data folder ${data} is not empty. A backup is restored only into an empty one.`, {
    advice: "Set MADANG_DATA to a folder that is not there yet.",
  });
}

/** npm's packages may be missing in a fresh clone, and nothing may be written to the data folder before the archive is judged. */
async function judge(file, settings) {
  const logs = mkdtempSync(`${tmpdir()}/madang-restore-`);
  try {
    const progress = createProgress();
    await ensureNodeModules({ progress, logs, env: { ...process.env, ...quiet } });
    let told;
    await progress.step("Reading the backup", async () => {
      told = await part("check", file, settings.base);
    });
    return JSON.parse(told);
  } finally {
    rmSync(logs, { recursive: true, force: true });
  }
}

/** Our own PostgreSQL, or the one that is set. */
async function openDatabase(settings, supervisor) {
  const { databasePassword: password } = makeSecrets(`${settings.data}/secrets`);
  if (settings.databaseUrl) return settings.databaseUrl;
  const wanted = { postgres: { host: "127.0.0.1", fixed: null } };
  const { postgres: port } = await choosePorts(`${settings.data}/ports.json`, wanted);
  const { url, definition } = preparePostgres({ ...settings, port, password });
  await supervisor.start(definition);
  return url;
}

async function restore(file, settings, { supervisor, progress }) {
  const env = { ...settings.base, MADANG_DATA: settings.data };
  await progress.step("Restoring keys, authority and settings", async () => {
    await part("files", file, env);
  });
  let url;
  await progress.step("Starting PostgreSQL", async () => {
    url = await openDatabase(settings, supervisor);
  });
  await progress.step("Restoring the database", async () => {
    await part("database", file, { ...env, DATABASE_URL: url });
  });
}

function tell(settings, { madeAt, rows, missing }) {
  const lines = [
    `\n${rows} rows as of ${madeAt} are restored to ${settings.data}. Start with npm start; everybody signs in anew.`,
  ];
  if (missing.length > 0) {
    lines.push(`These image files were not in the backup; copy them to ${settings.data}/images:`);
    lines.push(...missing.map(({ name, sha256 }) => `  ${sha256}  ${name}`));
  }
  process.stdout.write(`${lines.join("\n")}\n`);
}

function emptyAgain(data) {
  for (const name of existsSync(data) ? readdirSync(data) : [])
    rmSync(`${data}/${name}`, { recursive: true, force: true });
}

try {
  checkMachine();
  const [given, ...more] = process.argv.slice(2);
  if (!given || more.length > 0) throw new Fault("npm run restore -- FILE");
  const file = resolve(given);
  const settings = readSettings();
  requireEmpty(settings.data);
  const told = await judge(file, settings);
  let done = false;
  // Failed or interrupted: what was empty before is empty again.
  process.once("exit", () => done || emptyAgain(settings.data));
  await runSession(settings.data, async (session) => {
    if (settings.root && !settings.databaseUrl) checkReach(settings.data);
    checkDisk(settings.data, false, "Madang's data");
    await restore(file, settings, session);
    await session.supervisor.stop();
    done = true;
    tell(settings, told);
    process.exit(0);
  });
} catch (error) {
  report(error instanceof Error ? error : new Fault(String(error)));
  process.exit(1);
}
