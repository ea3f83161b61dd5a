import { readFileSync } from "node:fs";
import { run } from "./command.mjs";
import { node24, quiet, repository } from "./repository.mjs";

const prisma = `${repository}/node_modules/prisma/build/index.js`;

/** Runs a command of Prisma's CLI against a database. */
export async function runPrisma(args, { url, logs, env, what = `prisma ${args[0]}`, advice = "" }) {
  await run(node24, [prisma, ...args], {
    cwd: repository,
    env: { ...env, ...quiet, DATABASE_URL: url },
    log: `${logs}/prisma-${args.slice(0, 2).join("-")}.log`,
    what,
    advice,
  });
}

const advice = `See that PostgreSQL answers and that the user of DATABASE_URL may create tables and extensions there:
  GRANT CREATE ON DATABASE name TO user;  GRANT CREATE ON SCHEMA public TO user;  (or it owns the database)
The extension is pg_trgm, which comes with PostgreSQL's own contrib modules. A migration that fails changes nothing: start again.`;

/** Its error P3009 names those that failed at an earlier start. */
const failedMigration = /The `(\d{14}_\w+)` migration started at .* failed/g;

function failedBefore(error, logs) {
  try {
    const told = readFileSync(`${logs}/prisma-migrate-deploy.log`, "utf8");
    if (told.includes("P3009")) return [...told.matchAll(failedMigration)].map(([, name]) => name);
  } catch {
    // Without its log, what went wrong is what was thrown.
  }
  throw error;
}

/**
 * Creates the database if it is missing and applies the migrations that it lacks. Each is one transaction: one that failed
 * at an earlier start left nothing, and is tried again.
 */
export async function migrate({ url, logs, env }) {
  const deploy = () =>
    runPrisma(["migrate", "deploy"], { url, logs, env, what: "Migrating the database", advice });
  try {
    await deploy();
  } catch (error) {
    for (const name of failedBefore(error, logs))
      await runPrisma(["migrate", "resolve", "--rolled-back", name], { url, logs, env, advice });
    await deploy();
  }
}
