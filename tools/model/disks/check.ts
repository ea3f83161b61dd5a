/** What `npm run model` says of attachments. */
import { diskBounds, diskRules, longDiskBounds } from "./rules.ts";
import { search } from "./search.ts";
import { shipped } from "./shipped.ts";

type Say = (line: string) => void;

export function checkDisks(say: Say, limit: number): boolean {
  const held = [...diskBounds, ...longDiskBounds].map(({ name, least, bound }) => {
    const began = performance.now();
    const { violation, states, complete } = search(bound, shipped, limit);
    const seconds = ((performance.now() - began) / 1_000).toFixed(1);
    const end = complete ? "all of them" : "not all of them";
    say(`attachments, ${name}: ${violation?.what ?? "holds"} (${states} states, ${seconds} s, ${end})`);
    for (const step of violation?.trace ?? []) say(`    ${step}`);
    const enough = !complete || states >= least;
    if (!enough) say(`    fewer than the ${least} states that it had: a move is missing`);
    return violation === null && enough;
  });
  return held.every(Boolean);
}

export function checkDiskRules(say: Say, limit: number): boolean {
  const missed = diskRules.map(({ says, off, bound }) => {
    const { violation, states } = search(bound, off(shipped), limit);
    const what = violation?.what ?? "NO COUNTEREXAMPLE";
    say(`without "${says}": ${what} (${violation?.trace.length} moves, ${states} states)`);
    for (const step of violation?.trace ?? []) say(`    ${step}`);
    return violation !== null;
  });
  return missed.every(Boolean);
}
