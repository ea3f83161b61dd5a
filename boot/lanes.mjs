import { spawn } from "node:child_process";
import { runStaticChecks } from "./checks.mjs";
import { node24, quiet, repository } from "./repository.mjs";
import { readCounts, readFailures } from "./test-report.mjs";

/** The lane that runs now, so that a stop can reach it and all it started. */
let current = null;

export function stopLane(name) {
  if (current) process.kill(-current.pid, name);
}

function runRunner(command, args, env) {
  const child = spawn(command, args, {
    cwd: repository,
    env,
    stdio: ["ignore", "inherit", "inherit"],
    detached: true,
  });
  current = child;
  return new Promise((resolve) => {
    const done = (code) => {
      current = null;
      resolve(code ?? 1);
    };
    child.once("error", () => done(127));
    child.once("exit", done);
  });
}

function vitest(project) {
  return async ({ folder, env }) => {
    const report = `${folder}/${project}.json`;
    const runner = `${repository}/node_modules/vitest/vitest.mjs`;
    const failures = `${folder}/${project}-failures.json`;
    const own = `--reporter=${repository}/boot/failures-reporter.mjs`;
    const reporters = ["--reporter=default", "--reporter=json", own, `--outputFile.json=${report}`];
    const args = [runner, "run", "--project", project, ...reporters];
    const code = await runRunner(node24, args, { ...env, MADANG_TEST_FAILURES: failures });
    return { ...readCounts(report, code), failures: readFailures(failures) };
  };
}

async function playwright({ folder, env }) {
  const report = `${folder}/e2e.json`;
  const code = await runRunner("npm", ["run", "test", "-w", "e2e"], { ...env, MADANG_E2E_REPORT: report });
  return { ...readCounts(report, code), failures: readFailures(report) };
}

const runners = {
  check: ({ progress, folder, env }) => runStaticChecks({ progress, logs: `${folder}/check`, env }),
  unit: vitest("unit"),
  integration: vitest("integration"),
  contract: vitest("contract"),
  e2e: playwright,
};

export const laneNames = Object.keys(runners);

/** Runs one lane; its counts are of tests (static checks: one per tool), and what failed is named. Its programs run on Node 24. */
export function runLane(name, { progress, folder }) {
  const path = `${repository}/node_modules/.bin:${process.env.PATH}`;
  const env = {
    ...process.env,
    ...quiet,
    PATH: path,
    TMPDIR: folder,
    ...(process.stdout.isTTY ? {} : { NO_COLOR: "1" }),
  };
  return runners[name]({ progress, folder, env });
}
