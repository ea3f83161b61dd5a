import { readdirSync } from "node:fs";
import { run } from "./command.mjs";
import { report } from "./fault.mjs";
import { migrate, runPrisma } from "./migrations.mjs";
import { node24, quiet, repository } from "./repository.mjs";
import { startTemporaryPostgres } from "./temporary-postgres.mjs";

const program = (name) => `${repository}/node_modules/.bin/${name}`;

function tool(name, command, args) {
  const work = async ({ logs, env }) => {
    const log = `${logs}/${name.replaceAll(/\W+/g, "-")}.log`;
    await run(node24, [program(command), ...args], {
      cwd: repository,
      env: { ...env, ...quiet },
      log,
      what: name,
      tailLines: 200,
    });
  };
  return { name, work };
}

/** Every TypeScript project: a workspace may have one for the browser and one for the server. */
function projects() {
  const below = (folder) => readdirSync(`${repository}/${folder}`).map((name) => `${folder}/${name}`);
  return [...below("packages"), ...below("apps"), "e2e", "bench", "tools/model"].flatMap((path) =>
    readdirSync(`${repository}/${path}`)
      .filter((name) => /^tsconfig(\..+)?\.json$/.test(name))
      .map((name) => `${path}/${name}`),
  );
}

/** The migrations, replayed from nothing, must give exactly the schema; and so must a database that they were applied to. */
async function migrationsEqualSchema({ logs, env }) {
  const server = await startTemporaryPostgres();
  const to = ["--to-schema", "prisma/schema.prisma", "--exit-code"];
  const options = {
    url: server.url,
    logs,
    env,
    what: "Migrations equal schema",
    advice: "Make a migration of what is printed above.",
  };
  try {
    await migrate({ url: server.url, logs, env });
    await runPrisma(["migrate", "diff", "--from-migrations", "prisma/migrations", ...to], options);
    await runPrisma(["migrate", "diff", "--from-config-datasource", ...to], options);
  } finally {
    await server.stop();
  }
}

/** The static checks, each `{ name, work }`; `work` throws a Fault with the tool's output. */
function staticChecks() {
  return [
    ...projects().map((file) => tool(`types of ${file}`, "tsc", ["--noEmit", "-p", file])),
    tool("format and lint", "biome", ["check", "."]),
    tool("import rules", "depcruise", [
      "--config",
      ".dependency-cruiser.cjs",
      "apps",
      "packages",
      "boot",
      "tools",
      "e2e",
      "bench",
    ]),
    tool("dead exports and packages", "knip", []),
    { name: "migrations equal schema", work: migrationsEqualSchema },
  ];
}

/** Runs all of them, even after one failed. Answers the numbers of passed and failed, and which failed. */
export async function runStaticChecks({ progress, logs, env }) {
  const failures = [];
  const checks = staticChecks();
  for (const { name, work } of checks) {
    try {
      await progress.step(name, () => work({ logs, env }));
    } catch (error) {
      report(error, (text) => progress.say(text.trimEnd()));
      failures.push({ where: name, what: error.tail || error.message });
    }
  }
  const failed = failures.length;
  return { passed: checks.length - failed, failed, skipped: 0, failures };
}
