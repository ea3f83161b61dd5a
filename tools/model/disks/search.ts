/** Every order of events, breadth first: the first violation found has the shortest way to it. */
import { controllerMoves, userMoves } from "./controller.ts";
import type { Shipped } from "./shipped.ts";
import { type Bound, initialState, type Move, noBudget, type State, Violation, withHost } from "./state.ts";
import { agentMoves, luckMoves, mailMoves } from "./world.ts";

export type Outcome = {
  states: number;
  /** False when the limit ended it. */
  complete: boolean;
  /** What was done anywhere, without numbers. */
  kinds: ReadonlySet<string>;
  violation: { what: string; trace: string[] } | null;
};

type Seen = { state: State; from: number; label: string };

export function search(bound: Bound, shipped: Shipped, limit: number): Outcome {
  const met: Seen[] = [{ state: initialState(bound), from: -1, label: "" }];
  const keys = new Set([JSON.stringify(met[0]?.state)]);
  const settled = new Map<string, string | null>();
  const kinds = new Set<string>();
  const ended = (at: number, what: string | null, last: string[]): Outcome => {
    const violation = what === null ? null : { what, trace: [...traceOf(met, at), ...last] };
    return { states: at + 1, complete: what === null && at < limit, kinds, violation };
  };
  for (let at = 0; at < met.length; at++) {
    const state = met[at]?.state;
    if (!state || at >= limit) return ended(at, null, []);
    try {
      for (const [label, next] of movesOf(state, bound, shipped)) {
        kinds.add(label.replaceAll(/ [\d.]+/g, ""));
        const what = brokenIn(next);
        if (what) return ended(at, what, [label]);
        const key = JSON.stringify(next);
        if (keys.has(key)) continue;
        keys.add(key);
        met.push({ state: next, from: at, label });
      }
      const rest = restOf(state, shipped, settled);
      if (rest) return ended(at, rest, ["(bad luck stops)"]);
    } catch (error) {
      if (error instanceof Violation) return ended(at, error.message, []);
      throw error;
    }
  }
  return ended(met.length - 1, null, []);
}

const movesOf = (state: State, bound: Bound, shipped: Shipped): Move[] => [
  ...userMoves(state, shipped),
  ...controllerMoves(state, shipped),
  ...agentMoves(state, shipped, bound.mailbox),
  ...mailMoves(state, shipped),
  ...luckMoves(state),
];

function traceOf(met: readonly Seen[], at: number): string[] {
  const steps: string[] = [];
  for (let place = at; place > 0; place = met[place]?.from ?? 0) steps.push(met[place]?.label ?? "");
  return steps.reverse();
}

function brokenIn({ instances }: State): string | null {
  const writers = instances.flatMap(({ bodies }) => bodies.filter(({ running, has }) => running && has));
  return writers.length > 1 ? "two guests write to one volume" : null;
}

/** More than anything needs to come to rest. */
const longest = 60;

/** Hosts are up, agents new, letters lost; nobody asks anything more. What is wrong when nothing is left to do? */
function restOf(start: State, shipped: Shipped, known: Map<string, string | null>): string | null {
  let state: State = { ...start, mail: [], budget: noBudget };
  for (const [at, host] of state.hosts.entries())
    state = withHost(state, at, { old: false, on: true, fetched: host.fetched && host.on });
  const passed: string[] = [];
  let verdict: string | null = "it never comes to rest";
  for (let moves = 0; moves < longest; moves++) {
    const key = JSON.stringify(state);
    const found = known.get(key);
    if (found !== undefined) {
      verdict = found;
      break;
    }
    passed.push(key);
    const next = calmStep(state, shipped);
    if (!next) {
      verdict = unsettledIn(state);
      break;
    }
    const broken = brokenIn(next);
    if (broken) {
      verdict = broken;
      break;
    }
    state = next;
  }
  for (const key of passed) known.set(key, verdict);
  return verdict;
}

/** The first move that changes anything. */
function calmStep(state: State, shipped: Shipped): State | null {
  const before = JSON.stringify(state);
  const changes = (next: State) => JSON.stringify(next) !== before;
  const moves = [...controllerMoves(state, shipped), ...agentMoves(state, shipped, 0)].map(
    ([, next]) => next,
  );
  const found = moves.find(changes);
  if (found) return found;
  const told = agentMoves(state, shipped, Number.POSITIVE_INFINITY).filter(([label]) =>
    label.includes("report"),
  );
  for (const [, posted] of told) {
    const [arrived] = mailMoves(posted, shipped).filter(([label]) => label.endsWith("arrives"));
    if (arrived && changes(arrived[1])) return arrived[1];
  }
  return null;
}

function unsettledIn({ instances, attachments, hosts }: State): string | null {
  if (instances.some(({ phase }) => phase === "deleting")) return "a deletion never ends";
  for (const { instance, phase, detach } of attachments) {
    if (detach) return "it stays detaching for ever";
    const holder = instances[instance];
    // Of a revoked hypervisor nothing more is known; the portal says so.
    if (!holder || hosts[holder.host]?.revoked) continue;
    if (phase !== "attached") return `it stays ${phase} for ever`;
    if (!holder.bodies[holder.slot]?.has) return "it is called attached, and its guest does not have it";
  }
  const wanted = new Set(attachments.map(({ instance }) => instance));
  const held = instances.some(
    ({ bodies, slot, host }, index) => !hosts[host]?.revoked && bodies[slot]?.has && !wanted.has(index),
  );
  return held ? "a guest keeps a volume that is not attached to it" : null;
}
