import { chmodSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { barrierAbove, checkDisk } from "./data-folder.mjs";
import { Fault, report } from "./fault.mjs";
import { laneNames, runLane, stopLane } from "./lanes.mjs";
import { endLeftovers } from "./leftovers.mjs";
import { checkMachine, ensureNodeModules, ensureSystemPackages } from "./preparation.mjs";
import { createProgress } from "./progress.mjs";
import { quiet, repository } from "./repository.mjs";
import { onStopSignals } from "./signals.mjs";
import { failureLines, sum, summary } from "./test-report.mjs";

/** Unix sockets below it must stay under 108 bytes, and users other than root must reach it. */
const longestBase = 24;
const settleSeconds = 20;

function chosenLanes(asked) {
  const unknown = asked.filter((name) => !laneNames.includes(name));
  if (unknown.length > 0)
    throw new Fault(`There is no lane ${unknown.join(", ")}.`, { advice: `Lanes: ${laneNames.join(", ")}.` });
  return laneNames.filter((name) => asked.length === 0 || asked.includes(name));
}

/** The one folder for everything that tests make: what still names it at the end was left behind. */
function makeFolder() {
  const wanted = tmpdir();
  const base = wanted.length > longestBase || barrierAbove(wanted) ? "/tmp" : wanted;
  const folder = mkdtempSync(`${base}/mt-`);
  chmodSync(folder, 0o711);
  return folder;
}

async function runLanes(lanes, { progress, folder }) {
  const results = [];
  for (const name of lanes) {
    progress.say(`\n── ${name} ──`);
    const since = Date.now();
    const { failures, ...counts } = await runLane(name, { progress, folder });
    results.push({ name, counts, failures, seconds: Math.round((Date.now() - since) / 1000) });
  }
  return results;
}

/** That nothing is left behind is a test of its own. */
async function nothingLeft(folder) {
  const since = Date.now();
  const left = await endLeftovers(folder, settleSeconds);
  for (const line of left) console.log(line);
  const counts = { passed: left.length === 0 ? 1 : 0, failed: left.length === 0 ? 0 : 1, skipped: 0 };
  const failures = left.map((line) => ({ where: "left behind", what: line }));
  return { name: "clean-up", counts, failures, seconds: Math.round((Date.now() - since) / 1000) };
}

function printTable(results) {
  console.log("");
  for (const line of failureLines(results.flatMap(({ failures }) => failures))) console.log(line);
  for (const { name, counts, seconds } of results) {
    console.log(`${counts.failed === 0 ? "✓" : "✗"} ${name.padEnd(12)} ${summary(counts)} (${seconds} s)`);
  }
}

async function prepare({ progress, folder }) {
  checkDisk(repository, false, "the clone");
  const where = { progress, logs: `${folder}/install` };
  await ensureSystemPackages(["run", "test"], where);
  await ensureNodeModules({ ...where, env: { ...process.env, ...quiet } });
}

async function main() {
  checkMachine();
  const lanes = chosenLanes(process.argv.slice(2));
  const progress = createProgress();
  const folder = makeFolder();
  process.once("exit", () => rmSync(folder, { recursive: true, force: true }));
  onStopSignals(
    (name) => abandon(folder, name),
    () => process.exit(130),
  );
  await prepare({ progress, folder });
  const results = await runLanes(lanes, { progress, folder });
  results.push(await nothingLeft(folder));
  printTable(results);
  const total = sum(results.map(({ counts }) => counts));
  process.exitCode = total.failed > 0 ? 1 : 0;
  console.log(summary(total));
}

async function abandon(folder, name) {
  stopLane(name);
  await endLeftovers(folder, settleSeconds);
  process.exit(130);
}

try {
  await main();
} catch (error) {
  report(error);
  process.exitCode = 1;
}
