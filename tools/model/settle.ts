/**
 * Faults stop: everything is powered, connected and prompt. Where does the cloud come to rest? One fixed order of moves
 * is followed, for every order that matters is searched anyway.
 */
import { agentMoves, reportOf, setMachine } from "./agent.ts";
import { controllerMoves, type Move } from "./controller.ts";
import { brokenIn, unsettledIn } from "./invariants.ts";
import type { Codec } from "./key.ts";
import type { Shipped } from "./shipped.ts";
import { at, type Budget, type State } from "./state.ts";
import { arrived, binderMoves, booted, silenced } from "./world.ts";

const longestSettling = 400;

/** The state after everything that is asked for was done, with no bad luck on the way. */
export function rest(start: State, shipped: Shipped): State {
  let state = start;
  for (let moves = 0; moves < longestSettling; moves++) {
    const next = step(state, shipped);
    if (!next) return state;
    state = next;
  }
  throw new Error("the start never comes to rest");
}

export type Settler = (state: State) => string | null;

/** Verdicts are kept, for most states heal into few. */
export function makeSettler(codec: Codec, shipped: Shipped, budget: Budget): Settler {
  const verdicts = new Map<string, string | null>();
  return (start) => {
    const seen: string[] = [];
    let state = healed(start, budget);
    let verdict: string | null = "it never comes to rest";
    for (let moves = 0; moves < longestSettling; moves++) {
      const key = codec.encode(state);
      const known = verdicts.get(key);
      if (known !== undefined) {
        verdict = known;
        break;
      }
      seen.push(key);
      const next = step(state, shipped);
      if (!next) {
        verdict = unsettledIn(state);
        break;
      }
      state = next;
      const broken = brokenIn(state);
      if (broken) {
        verdict = broken;
        break;
      }
    }
    for (const key of seen) verdicts.set(key, verdict);
    return verdict;
  };
}

/** Hosts are up and connected, nothing old is on its way, and no more bad luck is in store. */
function healed(state: State, spent: Budget): State {
  const calm: State = {
    ...state,
    mail: state.mail.map(() => []),
    budget: spent,
    ghost:
      state.ghost.held || state.ghost.reading ? { ...state.ghost, held: null, reading: null } : state.ghost,
  };
  return calm.machines.reduce((next, machine, host) => {
    if (!machine.on && at(next.rows, host).fenceRequested) return next;
    const on = machine.on ? next : booted(next, host);
    return machine.partitioned ? setMachine(on, host, { partitioned: false }) : on;
  }, calm);
}

/** The next state, or null when there is nothing left to do. */
function step(state: State, shipped: Shipped): State | null {
  const fencing = state.rows.findIndex(({ fenceRequested }) => fenceRequested);
  if (fencing >= 0 && at(state.rows, fencing).fresh && !at(state.machines, fencing).on)
    return silenced(state, fencing);
  const controller = first(controllerMoves(state, shipped));
  if (controller) return controller;
  const off = state.machines.findIndex(({ on }) => !on);
  if (off >= 0) return setMachine(booted(state, off), off, { partitioned: false });
  const bound = first(binderMoves(state, shipped));
  if (bound) return bound;
  for (const host of state.machines.keys()) {
    const agent = first(agentMoves(state, host, shipped, 0));
    if (agent) return agent;
    const told = arrived(state, host, reportOf(state, host, shipped), shipped);
    if (isNews(state, told, host)) return told;
  }
  return timePasses(state);
}

const first = (moves: readonly Move[]): State | null => moves[0]?.[1] ?? null;

/** Not counting that the same was said once more. */
function isNews(before: State, after: State, host: number): boolean {
  if (after.guests.some((row, guest) => JSON.stringify(row) !== JSON.stringify(before.guests[guest])))
    return true;
  const { sequence: _old, ...old } = at(before.rows, host);
  const { sequence: _new, ...now } = at(after.rows, host);
  return JSON.stringify(old) !== JSON.stringify(now);
}

function timePasses(state: State): State | null {
  const { instance } = state;
  if (instance.phase !== "live") return null;
  if (instance.force === "asked") return { ...state, instance: { ...instance, force: "overdue" } };
  if (!instance.overdue && !instance.launched && instance.fault === null)
    return { ...state, instance: { ...instance, overdue: true } };
  return null;
}
