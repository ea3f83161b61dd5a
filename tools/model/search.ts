/** Breadth-first search of every state that can be reached: the first violation found has the shortest way to it. */
import { agentMoves, Violation } from "./agent.ts";
import { type Bound, initialState, noBudget } from "./bounds.ts";
import { controllerMoves, heldMoves, type Move } from "./controller.ts";
import { brokenIn } from "./invariants.ts";
import { type Codec, makeCodec } from "./key.ts";
import { makeSettler, rest, type Settler } from "./settle.ts";
import type { Shipped } from "./shipped.ts";
import { at, type Report, replaced, type State } from "./state.ts";
import { binderMoves, hostMoves, mailMoves, timeMoves, userMoves } from "./world.ts";

export type Outcome = {
  states: number;
  moves: number;
  seconds: number;
  /** False when the limit ended the search. */
  complete: boolean;
  /** What was done anywhere on the way, without numbers. */
  kinds: ReadonlySet<string>;
  violation: { what: string; trace: string[] } | null;
};

export type SearchOptions = { limit: number; onProgress?: (states: number, waiting: number) => void };

const progressEvery = 100_000;

export function search(bound: Bound, shipped: Shipped, options: SearchOptions): Outcome {
  const start = startOf(bound, shipped);
  const codec = makeCodec(bound.hosts, bound.guests);
  const settler = makeSettler(codec, shipped, noBudget);
  const began = performance.now();
  const visited = visitedFrom(codec.encode(start));
  const ended = (violation: Outcome["violation"], complete: boolean): Outcome => ({
    states: visited.expanded(),
    moves: visited.moves(),
    seconds: (performance.now() - began) / 1000,
    complete,
    kinds: new Set([...visited.kinds].map((label) => label.replaceAll(/[-.]?\d+/g, ""))),
    violation,
  });
  for (;;) {
    const key = visited.next();
    if (key === undefined) return ended(null, true);
    if (visited.expanded() > options.limit) return ended(null, false);
    const what = expand(codec.decode(key), bound, shipped, codec, settler, visited);
    if (what) return ended(what, false);
    if (visited.expanded() % progressEvery === 0) options.onProgress?.(visited.expanded(), visited.waiting());
  }
}

/** Where no instance runs to begin with, the first move creates one. */
function startOf(bound: Bound, shipped: Shipped): State {
  const none = initialState(bound);
  if (!bound.runs) return none;
  const asked = { ...none, instance: { ...none.instance, phase: "live" as const }, budget: noBudget };
  return { ...rest(asked, shipped), budget: none.budget };
}

function expand(
  state: State,
  bound: Bound,
  shipped: Shipped,
  codec: Codec,
  settler: Settler,
  visited: Visited,
): Outcome["violation"] {
  try {
    for (const [label, next] of allMoves(state, bound, shipped)) {
      if (!visited.add(codec.encode(ordered(next)), label)) continue;
      const what = brokenIn(next);
      if (what) return { what, trace: visited.traceToLast() };
    }
  } catch (error) {
    if (error instanceof Violation) return { what: error.message, trace: visited.traceToCurrent() };
    throw error;
  }
  return unsettled(state, settler, visited);
}

function unsettled(state: State, settler: Settler, visited: Visited): Outcome["violation"] {
  try {
    const what = settler(state);
    return what === null ? null : { what, trace: [...visited.traceToCurrent(), "(faults stop)"] };
  } catch (error) {
    if (!(error instanceof Violation)) throw error;
    return { what: error.message, trace: [...visited.traceToCurrent(), "(faults stop)"] };
  }
}

function allMoves(state: State, bound: Bound, shipped: Shipped): Move[] {
  const moves = [
    ...userMoves(state),
    ...timeMoves(state),
    ...controllerMoves(state, shipped),
    ...heldMoves(state, shipped),
    ...binderMoves(state, shipped),
  ];
  for (const host of state.machines.keys()) {
    moves.push(...agentMoves(state, host, shipped, bound.mailbox));
    moves.push(...hostMoves(state, host));
    moves.push(...mailMoves(state, host, shipped));
  }
  return moves;
}

/** Only the order of sequence numbers matters: they are counted anew, so that reports alone make no new states. */
function ordered(state: State): State {
  let next = state;
  for (const [host, mail] of state.mail.entries()) {
    if (mail.length === 0 && at(state.rows, host).sequence === 0) continue;
    const row = at(state.rows, host);
    const known = (run: number) => (row.run === run ? [row.sequence] : []);
    const rank = ({ run, sequence }: Pick<Report, "run" | "sequence">): number => {
      const all = [
        ...known(run),
        ...mail.filter((other) => other.run === run).map((other) => other.sequence),
      ];
      return new Set(all.filter((other) => other < sequence)).size;
    };
    const ranked = rank(row);
    if (ranked !== row.sequence || mail.some((report) => rank(report) !== report.sequence)) {
      const rows = replaced(next.rows, host, { ...row, sequence: ranked });
      const letters = mail.map((report) => ({ ...report, sequence: rank(report) }));
      next = { ...next, rows, mail: replaced(next.mail, host, letters) };
    }
  }
  return next;
}

/** Every state that was met, where it came from, and which of them is next. */
type Visited = {
  expanded: () => number;
  moves: () => number;
  waiting: () => number;
  kinds: Set<string>;
  next: () => string | undefined;
  /** false when it was met before. */
  add: (key: string, label: string) => boolean;
  traceToLast: () => string[];
  traceToCurrent: () => string[];
};

function visitedFrom(start: string): Visited {
  const keys = [start];
  const seen = new Set(keys);
  const parents = [-1];
  const labels = [""];
  const kinds = new Set<string>();
  let expanded = 0;
  let moves = 0;
  const trace = (index: number): string[] => {
    const steps: string[] = [];
    for (let place = index; place > 0; place = parents[place] ?? 0) steps.push(labels[place] ?? "");
    return steps.reverse();
  };
  const add = (key: string, label: string): boolean => {
    moves++;
    if (seen.has(key)) return false;
    seen.add(key);
    keys.push(key);
    parents.push(expanded - 1);
    labels.push(label);
    kinds.add(label);
    return true;
  };
  return {
    expanded: () => expanded,
    moves: () => moves,
    waiting: () => keys.length - expanded,
    kinds,
    next: () => keys[expanded++],
    add,
    traceToLast: () => trace(keys.length - 1),
    traceToCurrent: () => trace(expanded - 1),
  };
}
