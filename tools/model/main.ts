/**
 * npm run model [-- --bound small|full|NAME] [--rules] [--limit N]
 * Searches the shipped functions in the bounds of a set (or in one of them), then switches off each rule. `--bound disks`: those
 * of attachments alone.
 */
import { parseArgs } from "node:util";
import { type NamedBound, sets } from "./bounds.ts";
import { checkDiskRules, checkDisks } from "./disks/check.ts";
import { rules } from "./rules.ts";
import { type Outcome, search } from "./search.ts";
import { shipped } from "./shipped.ts";

const { values } = parseArgs({
  options: {
    bound: { type: "string", default: "full" },
    rules: { type: "boolean", default: false },
    limit: { type: "string", default: "12000000" },
  },
});

const say = (line: string) => process.stdout.write(`${line}\n`);
const limit = Number(values.limit);

function chosen(name: string): readonly NamedBound[] {
  const all = [...sets.small, ...sets.full];
  if (name === "small" || name === "full") return sets[name];
  const found = all.filter((bound) => bound.name === name);
  if (found.length > 0) return found;
  throw new Error(
    `there is no bound ${name}; there are small, full, ${all.map((bound) => bound.name).join(", ")}`,
  );
}

function figures({ states, moves, seconds }: Outcome): string {
  const rate = Math.round(states / Math.max(seconds, 0.001));
  return `${states} states, ${moves} moves, ${seconds.toFixed(1)} s, ${rate} states/s`;
}

const onProgress = (states: number, waiting: number) =>
  process.stderr.write(`  ${states} states, ${waiting} waiting\n`);

function checkShipped(): boolean {
  return chosen(values.bound)
    .map((named) => {
      const outcome = search(named.bound, shipped, { limit, onProgress });
      const end = outcome.complete ? "all of them" : "not all of them";
      say(
        `${named.name}: ${outcome.violation ? outcome.violation.what : "holds"} (${figures(outcome)}, ${end})`,
      );
      for (const step of outcome.violation?.trace ?? []) say(`    ${step}`);
      const enough = !outcome.complete || outcome.states >= named.least;
      if (!enough) say(`    fewer than the ${named.least} states that it had: a move is missing`);
      return outcome.violation === null && enough;
    })
    .every(Boolean);
}

function checkRules(): boolean {
  return rules
    .map((rule) => {
      const outcome = search(rule.bound, rule.off(shipped), { limit, onProgress });
      const length = outcome.violation?.trace.length;
      say(
        `without "${rule.says}" (${rule.name}): ${outcome.violation?.what ?? "NO COUNTEREXAMPLE"} (${length} moves, ${figures(outcome)})`,
      );
      for (const step of outcome.violation?.trace ?? []) say(`    ${step}`);
      return outcome.violation !== null;
    })
    .every(Boolean);
}

const disksAlone = values.bound === "disks";
const holds = values.rules || ((disksAlone || checkShipped()) && checkDisks(say, limit));
const needed = (disksAlone || checkRules()) && checkDiskRules(say, limit);
process.exitCode = holds && needed ? 0 : 1;
