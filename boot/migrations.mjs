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

/** Creates the database if it is missing and applies the migrations that it lacks. */
export async function migrate({ url, logs, env }) {
  await runPrisma(["migrate", "deploy"], {
    url,
    logs,
    env,
    what: "Migrating the database",
    advice: "If DATABASE_URL is set, see that the server answers there and that its user may create tables.",
  });
}
