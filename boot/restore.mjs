import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { resolve } from "node:path";
import { ask } from "./command.mjs";
import { checkDisk, restoringMarker } from "./data-folder.mjs";
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

/** What a session puts there by itself, so that it tells nothing. */
const ofSessions = ["lock", "log", "run"];

/** Answers what may lie there already. A folder in which a restoration was cut off had been empty before it. */
function requireEmpty(data) {
  const names = existsSync(data) ? readdirSync(data) : [];
  if (names.includes(restoringMarker)) return [];
  if (names.every((name) => ofSessions.includes(name))) return names;
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

/** The marker goes last: until then it says what the rest is. */
function clear(data, kept) {
  const names = readdirSync(data).filter((name) => !kept.includes(name) && name !== restoringMarker);
  for (const name of [...names, restoringMarker]) rmSync(`${data}/${name}`, { recursive: true, force: true });
}

try {
  checkMachine();
  const [given, ...more] = process.argv.slice(2);
  if (!given || more.length > 0) throw new Fault("npm run restore -- FILE");
  const file = resolve(given);
  const settings = readSettings();
  const before = requireEmpty(settings.data);
  const told = await judge(file, settings);
  await runSession(settings.data, async (session) => {
    const { data } = settings;
    // Judging takes minutes: somebody may have filled the folder meanwhile. From here on the lock keeps it ours.
    requireEmpty(data);
    if (existsSync(`${data}/${restoringMarker}`)) clear(data, ofSessions);
    writeFileSync(`${data}/${restoringMarker}`, `${file}\n`, { flush: true });
    let done = false;
    // Failed or interrupted: what was empty before is empty again, and that before the lock is given back.
    process.prependOnceListener("exit", () => done || clear(data, ["lock", ...before]));
    if (settings.root && !settings.databaseUrl) checkReach(settings.data);
    checkDisk(settings.data, false, "Madang's data");
    await restore(file, settings, session);
    await session.supervisor.stop();
    rmSync(`${data}/${restoringMarker}`);
    done = true;
    tell(settings, told);
    process.exit(0);
  });
} catch (error) {
  report(error instanceof Error ? error : new Fault(String(error)));
  process.exit(1);
}
