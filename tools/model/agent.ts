/** An agent and its host: fetches, decides with the shipped function, acts, remembers and reports. */
import type { Decision } from "../../apps/agent/src/converge/decision.ts";
import { type Move, setBody } from "./controller.ts";
import type { Keeps, Shipped } from "./shipped.ts";
import {
  at,
  type Body,
  type Machine,
  type Report,
  type Retry,
  replaced,
  type Said,
  type Spec,
  type State,
} from "./state.ts";
import { bootId, fenceColumns, guestId, hostId } from "./view.ts";

/** A move that no cloud may ever make. */
export class Violation extends Error {}

/** Everything that the agent of a host may do now. `mailbox`: how many reports may be on their way at once. */
export function agentMoves(state: State, host: number, shipped: Shipped, mailbox: number): Move[] {
  const machine = at(state.machines, host);
  if (!machine.on) return [];
  return [
    ...fetches(state, host, shipped),
    ...attempts(state, host, shipped),
    ...(machine.partitioned || at(state.mail, host).length >= mailbox ? [] : [sent(state, host, shipped)]),
  ];
}

export const setMachine = (state: State, host: number, change: Partial<Machine>): State => ({
  ...state,
  machines: replaced(state.machines, host, { ...at(state.machines, host), ...change }),
});

function fetches(state: State, host: number, shipped: Shipped): Move[] {
  const machine = at(state.machines, host);
  if (machine.partitioned || isRefused(state, host, shipped)) return [];
  const specs = snapshotOf(state, host);
  const moves: Move[] = [];
  if (machine.fetchedIn !== machine.boot || !sameSpecs(specs, machine.specs))
    moves.push([`${hostId(host)}: fetch`, fetched(state, host, specs)]);
  if (state.budget.emptySnapshots > 0 && specs.length > 0) {
    const budget = { ...state.budget, emptySnapshots: state.budget.emptySnapshots - 1 };
    moves.push([`${hostId(host)}: fetch an empty snapshot`, { ...fetched(state, host, []), budget }]);
  }
  return moves;
}

function isRefused(state: State, host: number, { fenceRefusal }: Shipped): boolean {
  const { boot } = at(state.machines, host);
  return fenceRefusal(fenceColumns(at(state.rows, host)), bootId(boot)) !== null;
}

function snapshotOf({ guests }: State, host: number): Spec[] {
  return guests.flatMap((row, guest) => {
    if (row?.host !== host) return [];
    const { desired, generation, rebootSeq } = row;
    return [{ guest, desired, generation, rebootSeq }];
  });
}

function sameSpecs(left: readonly Spec[], right: readonly Spec[]): boolean {
  if (left.length !== right.length) return false;
  return left.every(({ guest, generation }, index) => {
    const other = right[index];
    return other?.guest === guest && other.generation === generation;
  });
}

/** What is no longer named is no longer worked on; the note of what was removed by order is forgotten. */
function fetched(state: State, host: number, specs: readonly Spec[]): State {
  const machine = at(state.machines, host);
  const released = machine.specs.filter(({ guest }) => !specs.some((spec) => spec.guest === guest));
  const next = released.reduce((before, { guest, desired }) => {
    const { there } = bodyOf(before, host, guest);
    const removed = desired === "absent" && there === "none";
    const forgotten = { ranGeneration: null, ranBoot: null, acked: null };
    return setBody(before, host, guest, {
      ensured: null,
      fault: null,
      givenUpAt: null,
      ...(removed ? forgotten : {}),
    });
  }, state);
  return setMachine(next, host, { specs, fetchedIn: machine.boot });
}

const bodyOf = (state: State, host: number, guest: number): Body => at(at(state.bodies, host), guest);

const mayAct = (machine: Machine, keeps: Keeps): boolean =>
  machine.fetchedIn === machine.boot || (!keeps.freshSnapshot && machine.fetchedIn > 0);

function attempts(state: State, host: number, shipped: Shipped): Move[] {
  const machine = at(state.machines, host);
  if (!mayAct(machine, shipped.keeps)) return [];
  const named = machine.specs.flatMap((spec) => attempt(state, host, spec, shipped));
  if (shipped.keeps.absenceIsNoOrder) return named;
  const unnamed = at(state.bodies, host).flatMap((body, guest): Move[] => {
    const known = body.there === "none" || machine.specs.some((spec) => spec.guest === guest);
    return known ? [] : [[`${hostId(host)}: remove ${guestId(guest)}`, removed(state, host, guest)]];
  });
  return [...named, ...unnamed];
}

function attempt(state: State, host: number, spec: Spec, shipped: Shipped): Move[] {
  const body = bodyOf(state, host, spec.guest);
  const name = `${hostId(host)}: ${guestId(spec.guest)}`;
  if (body.givenUpAt === spec.generation) return lookedAt(state, host, spec, body, name);
  const { kind, ...rest } = decide(state, host, spec, shipped);
  if (kind === "settled") return concluded(state, host, spec, body, name);
  const desired = "desired" in rest ? rest.desired : "running";
  const works = kind === "remove" ? removed(state, host, spec.guest) : ensured(state, host, spec, desired);
  const what = kind === "remove" ? "remove" : desired;
  const done = conclude(works, host, spec, null);
  return [[`${name} ${what}`, done], ...failures(state, host, spec, `${name} ${what}`)];
}

function decide(state: State, host: number, spec: Spec, { decideGuest }: Shipped): Decision {
  const { boot } = at(state.machines, host);
  const body = bodyOf(state, host, spec.guest);
  const seen =
    body.there === "none"
      ? null
      : {
          guestId: guestId(spec.guest),
          name: "",
          observed: body.there,
          stopCause: body.stopCause,
          rebootSeq: body.rebootSeq,
        };
  const note = {
    ranGeneration: body.ranGeneration,
    ranBootId: body.ranBoot === null ? null : bootId(body.ranBoot),
    ackedGeneration: body.acked,
    made: body.there !== "none",
  };
  const { crashPolicy } = state.instance;
  return decideGuest({ ...spec, crashPolicy }, seen, note, body.ensured, bootId(boot));
}

/** A guest that was given up at this order is only looked at: it may have come right. */
function lookedAt(state: State, host: number, spec: Spec, body: Body, name: string): Move[] {
  const right = body.there === spec.desired && body.rebootSeq >= spec.rebootSeq;
  return right && body.fault !== null ? [[`${name} came right`, conclude(state, host, spec, null)]] : [];
}

function concluded(state: State, host: number, spec: Spec, body: Body, name: string): Move[] {
  const known = body.acked === spec.generation && body.ensured === spec.generation && body.fault === null;
  return known ? [] : [[`${name} settled`, conclude(state, host, spec, null)]];
}

function ensured(
  state: State,
  host: number,
  { guest, rebootSeq }: Spec,
  desired: "running" | "stopped",
): State {
  const body = bodyOf(state, host, guest);
  if (desired === "running") {
    if (body.there === "stopped" && body.stopCause === "shutdown" && state.ghost.mayBeOff)
      throw new Violation(`${guestId(guest)} powered itself off and is started unasked`);
    const seq = body.there === "running" ? Math.max(body.rebootSeq, rebootSeq) : rebootSeq;
    return setBody(state, host, guest, { there: "running", stopCause: null, rebootSeq: seq });
  }
  if (body.there === "stopped") return state;
  return setBody(state, host, guest, { there: "stopped", stopCause: "destroyed" });
}

/** The disk goes with the guest: one that once ran may go only by its owner's wish. */
function removed(state: State, host: number, guest: number): State {
  const { instance, guests } = state;
  const row = guests[guest];
  const body = bodyOf(state, host, guest);
  const lost = body.left || row?.lost === true;
  const wanted = instance.phase === "live" && instance.launched && !instance.deleteRequested;
  if (body.there !== "none" && wanted && !lost && (row !== null || body.there === "running"))
    throw new Violation(`${guestId(guest)} of a living instance is destroyed`);
  return setBody(state, host, guest, { there: "none", stopCause: null, rebootSeq: 0, left: false });
}

function failures(state: State, host: number, spec: Spec, name: string): Move[] {
  const { failures: left } = state.budget;
  if (left === 0) return [];
  const spent = { ...state, budget: { ...state.budget, failures: left - 1 } };
  const kinds: readonly Retry[] =
    spec.desired === "running" ? ["later", "elsewhere", "never"] : ["later", "never"];
  return kinds.map((retry) => [`${name}, which fails (${retry})`, conclude(spent, host, spec, retry)]);
}

/** What may pass is told but answers nothing; every other end of an attempt is its answer. */
function conclude(state: State, host: number, spec: Spec, fault: Retry | null): State {
  const body = bodyOf(state, host, spec.guest);
  if (fault === "later") return setBody(state, host, spec.guest, { fault });
  const lives = spec.desired === "running" && body.there === "running";
  const { boot } = at(state.machines, host);
  return setBody(state, host, spec.guest, {
    acked: spec.generation,
    fault,
    givenUpAt: fault === "never" && spec.desired !== "absent" ? spec.generation : null,
    ...(fault === null ? { ensured: spec.generation } : {}),
    ...(lives ? { ranGeneration: spec.generation, ranBoot: boot } : {}),
  });
}

function sent(state: State, host: number, shipped: Shipped): Move {
  const report = reportOf(state, host, shipped);
  const mail = [...at(state.mail, host), report];
  return [`${hostId(host)}: report`, { ...state, mail: replaced(state.mail, host, mail) }];
}

export function reportOf(state: State, host: number, shipped: Shipped): Report {
  const machine = at(state.machines, host);
  const { boot, run, specs } = machine;
  const working = mayAct(machine, shipped.keeps);
  const guests = working ? specs.flatMap((spec) => said(state, host, spec, shipped)) : [];
  return {
    boot,
    run,
    sequence: nextSequence(state, host),
    taken: false,
    orphans: orphansOf(state, host),
    guests,
  };
}

function nextSequence(state: State, host: number): number {
  const { run } = at(state.machines, host);
  const row = at(state.rows, host);
  const known = at(state.mail, host).filter((report) => report.run === run);
  const last = row.run === run ? row.sequence : 0;
  return Math.max(last, ...known.map(({ sequence }) => sequence)) + 1;
}

/** null until a snapshot came: before that nobody can say who is an orphan. */
function orphansOf(state: State, host: number): number {
  const { specs, fetchedIn, boot } = at(state.machines, host);
  if (fetchedIn !== boot) return at(state.rows, host).orphans;
  return at(state.bodies, host).reduce((bits, { there }, guest) => {
    const orphan = there !== "none" && !specs.some((spec) => spec.guest === guest);
    return orphan ? bits | (1 << guest) : bits;
  }, 0);
}

function said(state: State, host: number, spec: Spec, shipped: Shipped): Said[] {
  const body = bodyOf(state, host, spec.guest);
  if (shipped.keeps.bootIsNoDeath && looksDead(state, host, spec, shipped)) return [];
  const seen = body.there === "none" ? "absent" : body.there;
  const failed = body.fault !== null && body.fault !== "later";
  const { guest } = spec;
  const { stopCause, rebootSeq, fault } = body;
  const observed = failed ? "failed" : seen;
  return [{ guest, generation: body.acked ?? 1, observed, stopCause, rebootSeq, fault }];
}

/** As in the agent's guest.ts: off only because its host was, and about to be started. */
function looksDead(state: State, host: number, spec: Spec, shipped: Shipped): boolean {
  if (state.instance.crashPolicy !== "stop" || spec.desired !== "running") return false;
  if (bodyOf(state, host, spec.guest).there !== "stopped") return false;
  return decide(state, host, spec, shipped).kind === "ensure";
}
