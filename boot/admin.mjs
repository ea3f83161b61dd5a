/** npm run admin: where Madang is stopped, its own PostgreSQL runs for as long as the command takes. */
import { spawn } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { report } from "./fault.mjs";
import { preparePostgres } from "./postgres.mjs";
import { answersPostgres } from "./postgres-answer.mjs";
import { node24, repository } from "./repository.mjs";
import { makeSecrets } from "./secret.mjs";
import { runSession } from "./session.mjs";
import { readSettings } from "./settings.mjs";

/** Answers its exit code; its standard input is ours, for passwords come that way. */
function command() {
  const args = [`${repository}/apps/web/server/admin.ts`, ...process.argv.slice(2)];
  const child = spawn(node24, args, { stdio: "inherit" });
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code) => resolve(code ?? 1));
  });
}

/** The port of our own PostgreSQL where there is one and it is stopped, else null. */
async function sleepingPort({ data, databaseUrl }) {
  if (databaseUrl || !existsSync(`${data}/postgres/PG_VERSION`)) return null;
  const { postgres } = JSON.parse(readFileSync(`${data}/ports.json`, "utf8"));
  return (await answersPostgres(postgres)) ? null : postgres;
}

try {
  const settings = readSettings();
  const port = await sleepingPort(settings);
  if (port === null) process.exit(await command());
  await runSession(settings.data, async ({ supervisor }) => {
    const { databasePassword: password } = makeSecrets(`${settings.data}/secrets`);
    await supervisor.start(preparePostgres({ ...settings, port, password }).definition);
    const code = await command();
    await supervisor.stop();
    process.exit(code);
  });
} catch (error) {
  report(error);
  process.exit(1);
}
