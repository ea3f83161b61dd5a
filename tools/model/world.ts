/** Everybody else: the user, the administrator, the wire, the binder of ports and volumes, and bad luck. */
import { type ActionView, actionBlocked } from "@madang/core/instance/action";
import { setMachine, Violation } from "./agent.ts";
import { type Move, setBody, setGuest, setInstance } from "./controller.ts";
import type { Shipped } from "./shipped.ts";
import {
  at,
  type Budget,
  type HostRow,
  type Reading,
  type Report,
  replaced,
  type Said,
  type State,
} from "./state.ts";
import {
  bootId,
  fenceColumns,
  guestFacts,
  hostId,
  hostOf,
  now,
  seenAt,
  startedAt,
  stateOf,
  statusOf,
} from "./view.ts";

/** One less of a budget; null when there is none left. */
function spend(state: State, name: keyof Budget): State | null {
  const left = state.budget[name];
  return left === 0 ? null : { ...state, budget: { ...state.budget, [name]: left - 1 } };
}

const actionView = (state: State): ActionView => ({
  ...statusOf(state),
  deleteProtection: false,
  launchedAt: state.instance.launched ? new Date(0) : null,
});

export function userMoves(state: State): Move[] {
  const { instance } = state;
  if (instance.phase === "none") return [["user: create", setInstance(state, { phase: "live" })]];
  if (instance.phase === "gone") return [];
  const view = actionView(state);
  const wish = spend(state, "wishes");
  const moves: Move[] = [];
  const add = (name: string, from: State | null, change: Parameters<typeof setInstance>[1]) => {
    if (!from) return;
    const asked = setInstance(from, { ...change, generation: instance.generation + 1 });
    moves.push([name, { ...asked, ghost: { ...asked.ghost, mayBeOff: false } }]);
  };
  if (wish && !actionBlocked("stop", view)) add("user: stop", wish, { power: "stopped" });
  if (wish && !actionBlocked("start", view)) add("user: start", wish, { power: "running" });
  if (wish && !actionBlocked("hardReboot", view))
    add("user: reboot", wish, { rebootSeq: instance.rebootSeq + 1 });
  if (!actionBlocked("delete", view)) add("user: delete", spend(state, "deletes"), { deleteRequested: true });
  if (!actionBlocked("reset", view))
    add("administrator: reset", spend(state, "resets"), { resetRequested: true, overdue: false });
  if (instance.force === "none")
    add("administrator: force delete", spend(state, "forces"), { deleteRequested: true, force: "asked" });
  return moves;
}

/** Time that passes: leases, deadlines, patience. */
export function timeMoves(state: State): Move[] {
  const { instance, rows, machines } = state;
  const moves: Move[] = [];
  rows.forEach((row, host) => {
    const { on, partitioned } = at(machines, host);
    const unheard = !on || partitioned ? state : spend(state, "silences");
    if (row.fresh && unheard) moves.push([`${hostId(host)}: lease expires`, silenced(unheard, host)]);
  });
  if (instance.phase !== "live") return moves;
  const late = spend(state, "deadlines");
  if (late && !instance.overdue && !instance.launched)
    moves.push(["time: the deadline is over", setInstance(late, { overdue: true })]);
  if (instance.force === "asked")
    moves.push(["time: patience is over", setInstance(state, { force: "overdue" })]);
  return moves;
}

export function silenced(state: State, host: number): State {
  return { ...state, rows: replaced(state.rows, host, { ...at(state.rows, host), fresh: false }) };
}

/** What happens to a host. */
export function hostMoves(state: State, host: number): Move[] {
  const machine = at(state.machines, host);
  const name = hostId(host);
  const moves: Move[] = [];
  const lost = spend(state, "powerLosses");
  if (machine.on && lost) moves.push([`${name}: power loss`, poweredOff(lost, host)]);
  if (!machine.on) moves.push([`${name}: boot`, booted(state, host)]);
  const cut = spend(state, "partitions");
  if (!machine.partitioned && cut)
    moves.push([`${name}: partition`, setMachine(cut, host, { partitioned: true })]);
  if (machine.partitioned) moves.push([`${name}: heal`, setMachine(state, host, { partitioned: false })]);
  const again = spend(state, "restarts");
  if (machine.on && again) moves.push([`${name}: agent restarts`, restarted(again, host)]);
  const fence = spend(state, "fences");
  if (fence && stateOf(at(state.rows, host)) === "down")
    moves.push([`administrator: ${name} is off, fence it`, fenceAsked(fence, host)]);
  return [...moves, ...guestMoves(state, host)];
}

/** What a guest does by itself. */
function guestMoves(state: State, host: number): Move[] {
  const bodies = at(state.bodies, host);
  return bodies.flatMap((body, guest): Move[] => {
    if (body.there !== "running") return [];
    const off = (from: State | null, stopCause: "shutdown" | "crashed", final: boolean): State[] => {
      if (!from) return [];
      const ghost = { ...from.ghost, mayBeOff: from.ghost.mayBeOff || final };
      return [setBody({ ...from, ghost }, host, guest, { there: "stopped", stopCause })];
    };
    // Only what it does after its order came into force is its answer to that order.
    const current = body.ranGeneration === state.guests[guest]?.generation && isAskedToRun(state, guest);
    const final = state.instance.crashPolicy === "stop" && current;
    return [
      ...off(spend(state, "selfStops"), "shutdown", current).map(
        (next): Move => [`${hostId(host)}: guest-${guest} powers itself off`, next],
      ),
      ...off(spend(state, "crashes"), "crashed", final).map(
        (next): Move => [`${hostId(host)}: guest-${guest} crashes`, next],
      ),
    ];
  });
}

function isAskedToRun({ instance, guests }: State, guest: number): boolean {
  const row = guests[guest];
  return row?.desired === "running" && row.instanceGeneration === instance.generation;
}

export function poweredOff(state: State, host: number): State {
  const bodies = at(state.bodies, host).map((body) =>
    body.there === "running" ? { ...body, there: "stopped" as const, stopCause: "unknown" as const } : body,
  );
  return setMachine({ ...state, bodies: replaced(state.bodies, host, bodies) }, host, { on: false });
}

export function booted(state: State, host: number): State {
  const { boot } = at(state.machines, host);
  return setMachine(restarted(state, host), host, { on: true, boot: boot + 1 });
}

/** The agent forgets what it had confirmed; its notes and its snapshot stay. */
function restarted(state: State, host: number): State {
  const { run } = at(state.machines, host);
  const bodies = at(state.bodies, host).map((body) =>
    body.ensured === null && body.fault === null && body.givenUpAt === null
      ? body
      : { ...body, ensured: null, fault: null, givenUpAt: null },
  );
  return setMachine({ ...state, bodies: replaced(state.bodies, host, bodies) }, host, { run: run + 1 });
}

/** The administrator's word is true: he makes sure that it is off. */
function fenceAsked(state: State, host: number): State {
  const off = at(state.machines, host).on ? poweredOff(state, host) : state;
  const row = { ...at(off.rows, host), fenceRequested: true, seenSince: false };
  return { ...off, rows: replaced(off.rows, host, row) };
}

/** What the wire and the web processes do with reports: any order, lost, twice, slowly. */
export function mailMoves(state: State, host: number, shipped: Shipped): Move[] {
  const mail = at(state.mail, host);
  return mail.flatMap((report, index): Move[] => {
    const name = `${hostId(host)}: report ${report.run}.${report.sequence}`;
    const rest = withMail(state, host, mail.toSpliced(index, 1));
    if (report.taken) return [[`${name} is written`, ingested(rest, host, report, shipped)]];
    const moves: Move[] = [
      [`${name} is lost`, rest],
      [`${name} arrives`, arrived(rest, host, report, shipped)],
    ];
    const twice = spend(state, "duplicates");
    if (twice) moves.push([`${name} arrives, and will again`, arrived(twice, host, report, shipped)]);
    const slow = spend(state, "slowIngests");
    if (slow && isAccepted(state, host, report, shipped)) {
      const taken = withMail(slow, host, replaced(mail, index, { ...report, taken: true }));
      moves.push([`${name} is taken`, accepted(taken, host, report)]);
    }
    return moves;
  });
}

const withMail = (state: State, host: number, mail: readonly Report[]): State => ({
  ...state,
  mail: replaced(state.mail, host, mail),
});

export function arrived(state: State, host: number, report: Report, shipped: Shipped): State {
  if (!isAccepted(state, host, report, shipped)) return state;
  if (isOlder(report, at(state.rows, host)))
    throw new Violation("an older report of a host that is heard overwrites a newer one");
  return ingested(accepted(state, host, report), host, report, shipped);
}

const isOlder = (report: Report, { run, sequence, fresh }: HostRow): boolean =>
  fresh && (report.run < run || (report.run === run && report.sequence < sequence));

function isAccepted(state: State, host: number, report: Report, shipped: Shipped): boolean {
  const row = at(state.rows, host);
  if (shipped.fenceRefusal(fenceColumns(row), bootId(report.boot)) === "fenced") return false;
  const known = {
    bootId: row.boot === 0 ? null : bootId(row.boot),
    agentStartedAt: row.run === 0 ? null : startedAt(row.run),
    reportSequence: BigInt(row.sequence),
    lastSeenAt: seenAt(row.fresh),
  };
  const run = {
    bootId: bootId(report.boot),
    agentStartedAt: startedAt(report.run),
    sequence: report.sequence,
  };
  return shipped.staleReport(known, run, now) === null;
}

function accepted(state: State, host: number, { boot, run, sequence, orphans }: Report): State {
  const row = at(state.rows, host);
  const seenSince = row.fenceRequested || row.seenSince;
  const next = { ...row, boot, run, sequence, orphans, seenSince, fresh: true };
  return { ...state, rows: replaced(state.rows, host, next) };
}

function ingested(state: State, host: number, report: Report, shipped: Shipped): State {
  return report.guests.reduce((next, said) => ingestGuest(next, host, said, shipped), state);
}

function ingestGuest(state: State, host: number, said: Said, { countsForGuest }: Shipped): State {
  const row = state.guests[said.guest];
  if (!row || row.host !== host) return state;
  if (!countsForGuest(guestFacts(row, said.guest, true), said.generation)) return state;
  if (said.generation < row.ackedGeneration || said.generation > row.generation)
    throw new Violation("an answer to an older order overwrites that to a newer one");
  return setGuest(state, said.guest, {
    observed: said.observed,
    ackedGeneration: said.generation,
    observedRebootSeq: said.rebootSeq,
    stopCause: said.stopCause,
    fault: said.fault,
  });
}

/**
 * Binds each port and volume where its guest is. A pass reads, then does what it decided: mostly in one moment, but it
 * may be slow, and nobody else does anything to them meanwhile.
 */
export function binderMoves(state: State, shipped: Shipped): Move[] {
  const { instance, ghost } = state;
  if (instance.phase !== "live") return [];
  if (ghost.reading) {
    const free = { ...state, ghost: { ...ghost, reading: null } };
    return [[`binder: is late with ${ghost.reading.index}`, bound(free, ghost.reading)]];
  }
  const slow = spend(state, "slowPasses");
  return instance.bound.flatMap((host, index): Move[] => {
    const to = wantedHost(state, host, shipped);
    const reading = { index, to, current: true };
    const late: Move[] = slow
      ? [[`binder: reads ${index}`, { ...slow, ghost: { ...slow.ghost, reading } }]]
      : [];
    if (to === host && !at(instance.asked, index)) return late;
    const where = to === null ? "nowhere" : hostId(to);
    return [[`binder: bind ${index} to ${where}`, bound(state, reading)], ...late];
  });
}

function wantedHost({ instance, guests }: State, host: number | null, { bindingOf }: Shipped): number | null {
  const active = instance.active === null ? null : guests[instance.active];
  const bodies = guests.flatMap((row) => (row ? [hostId(row.host)] : []));
  const stays = active && active.desired !== "absent" ? hostId(active.host) : null;
  const to = bindingOf(host === null ? null : hostId(host), stays, bodies);
  return to === null ? null : hostOf(to);
}

function bound(state: State, { index, to, current }: Reading): State {
  const { instance } = state;
  const asked = current ? replaced(instance.asked, index, false) : instance.asked;
  return setInstance(state, { bound: replaced(instance.bound, index, to), asked });
}
