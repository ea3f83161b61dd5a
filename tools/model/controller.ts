/** What a controller writes: the applies of the shipped plans, on the model's rows. */
import type { GuestOrder, InstanceStep } from "../../apps/controller/src/reconcilers/instance.plan.ts";
import type { Shipped } from "./shipped.ts";
import { at, type Body, type GuestRow, type Held, type InstanceRow, replaced, type State } from "./state.ts";
import { guestOf, hostId, hostOf, hypervisorFacts, planView, stateOf } from "./view.ts";

export type Move = readonly [label: string, state: State];

export const setInstance = (state: State, change: Partial<InstanceRow>): State => ({
  ...state,
  instance: { ...state.instance, ...change },
});

export function setGuest(state: State, guest: number, change: Partial<GuestRow>): State {
  const row = state.guests[guest];
  if (!row) return state;
  return { ...state, guests: replaced(state.guests, guest, { ...row, ...change }) };
}

export function setBody(state: State, host: number, guest: number, change: Partial<Body>): State {
  const bodies = at(state.bodies, host);
  const next = replaced(bodies, guest, { ...at(bodies, guest), ...change });
  return { ...state, bodies: replaced(state.bodies, host, next) };
}

/** Everything that one controller may do now. */
export function controllerMoves(state: State, shipped: Shipped): Move[] {
  const moves = state.rows.flatMap((_row, host) => fenceMoves(state, host, shipped));
  if (state.instance.phase !== "live") return moves;
  const step = shipped.planInstance(planView(state, shipped));
  return [...moves, ...stepMoves(state, step, shipped)];
}

/** The states that a step may lead to: a placement may choose any hypervisor that would do. */
export function stepMoves(state: State, step: InstanceStep, shipped: Shipped): Move[] {
  if (step.kind === "wait" || step.kind === "done") return [];
  if (step.kind === "place") return placements(state, shipped);
  if (step.kind === "adopt") return adoption(state, shipped);
  return [[`controller: ${label(step)}`, apply(state, step)]];
}

function label(step: InstanceStep): string {
  if (step.kind === "update-guest") return `order ${step.guest.id} ${step.order.desired}`;
  return "guest" in step ? `${step.kind} ${step.guest.id}` : step.kind;
}

type Change = Exclude<InstanceStep, { kind: "place" | "adopt" | "wait" | "done" }>;

function apply(state: State, step: Change): State {
  const { instance } = state;
  switch (step.kind) {
    case "drop-guest":
      return dropGuest(state, guestOf(step.guest.id));
    case "remove-guests":
      return step.guests.reduce((next, { id }) => order(next, guestOf(id), { desired: "absent" }), state);
    case "delete-instance":
      return setInstance(state, { phase: "gone", active: null });
    case "update-guest":
      return orderPower(state, guestOf(step.guest.id), step.order);
    case "give-up": {
      const { guest } = step;
      const excluded = instance.excluded | (1 << hostOf(guest.hypervisorId));
      return setInstance(order(state, guestOf(guest.id), { desired: "absent" }), { active: null, excluded });
    }
    case "fail":
      return fail(state);
    case "clear-fault":
      return setInstance(state, { fault: null });
    case "reset":
      return setInstance(state, { fault: null, excluded: 0, resetRequested: false });
    case "mark-launched":
      return setInstance(state, { launched: true, excluded: 0 });
    case "record-self-stop":
    case "record-crash-stop":
      return setInstance(order(state, guestOf(step.guest.id), { desired: "stopped" }), {
        selfStoppedAt: instance.generation,
      });
    case "settle":
      return setInstance(state, { observedGeneration: instance.generation });
  }
}

export const fail = (state: State): State =>
  setInstance(state, { fault: "never", observedGeneration: state.instance.generation });

function order(state: State, guest: number, change: Partial<GuestRow>): State {
  const row = state.guests[guest];
  return row ? setGuest(state, guest, { ...change, generation: row.generation + 1 }) : state;
}

function orderPower(
  state: State,
  guest: number,
  { desired, instanceGeneration, rebootSeq }: GuestOrder,
): State {
  return order(state, guest, { desired, instanceGeneration, rebootSeq });
}

/** Its allocations go with the row. What is left on a host that never answered is an orphan from now on. */
function dropGuest(state: State, guest: number): State {
  const row = state.guests[guest];
  if (!row) return state;
  const { instance } = state;
  const answered = !row.lost && row.observed === "absent" && row.ackedGeneration === row.generation;
  const leftGeneration = answered || !instance.adopts ? instance.leftGeneration : row.generation;
  const next = { ...setInstance(state, { leftGeneration }), guests: replaced(state.guests, guest, null) };
  const kept = answered || !excused(state, row) ? next : setBody(next, row.host, guest, { left: true });
  return instance.active === guest ? setInstance(kept, { active: null }) : kept;
}

/** A guest may be left behind where a fence ended its host, or where an administrator forced it. */
const excused = ({ instance }: State, row: GuestRow): boolean => row.lost || instance.force !== "none";

function placements(state: State, shipped: Shipped): Move[] {
  const hosts = openHosts(state);
  const guest = nextGuest(state, shipped);
  if (hosts.length === 0 && state.instance.overdue && !state.instance.launched)
    return [["controller: no host in time", fail(state)]];
  return hosts.map((host) => [
    `controller: place guest-${guest} on ${hostId(host)}`,
    placed(state, guest, host, shipped),
  ]);
}

export function openHosts({ rows, instance }: State): number[] {
  const hosts = [...rows.keys()].filter((host) => stateOf(at(rows, host)) === "up");
  return hosts.filter((host) => !(instance.excluded & (1 << host)));
}

/** The first id that nobody ever had; or, where ids are used again, that nobody has. */
function nextGuest({ guests, instance }: State, { keeps }: Shipped): number {
  const free = guests.findIndex((row, guest) => {
    if (row) return false;
    if (!keeps.freshIds) return true;
    return guest >= instance.used;
  });
  if (free < 0) throw new Error("the bound has too few guests for its faults");
  return free;
}

export function placed(state: State, guest: number, host: number, { keeps }: Shipped): State {
  const row = newGuest(state, host, "stopped", 1);
  const used = Math.max(state.instance.used, guest + 1);
  const next = { ...state, guests: replaced(state.guests, guest, row) };
  return setInstance(keeps.asksAnew ? askedAnew(next) : next, { active: guest, used });
}

/** What the binder has read before knows nothing of it. */
function askedAnew(state: State): State {
  const { instance, ghost } = state;
  if (instance.asked.length === 0) return state;
  const asked = instance.asked.map(() => true);
  const reading = ghost.reading && { ...ghost.reading, current: false };
  return setInstance({ ...state, ghost: { ...ghost, reading } }, { asked });
}

function newGuest(
  { instance }: State,
  host: number,
  desired: GuestRow["desired"],
  generation: number,
): GuestRow {
  return {
    host,
    desired,
    instanceGeneration: instance.generation,
    rebootSeq: instance.rebootSeq,
    generation,
    lost: false,
    observed: "unknown",
    ackedGeneration: 0,
    observedRebootSeq: 0,
    stopCause: null,
    fault: null,
  };
}

/** The guest to adopt is the first id, on the first host. */
function adoption(state: State, { keeps }: Shipped): Move[] {
  const row = at(state.rows, 0);
  const host = stateOf(row);
  if (host === "down" || host === "joining")
    return state.instance.overdue ? [["controller: its host is away", fail(state)]] : [];
  if (host !== "up" || !(row.orphans & 1)) return [["controller: nothing to adopt", fail(state)]];
  const told = keeps.freshGenerations ? state.instance.leftGeneration : 0;
  const guest = newGuest(state, 0, "hold", Math.max(adoptedGeneration, told) + 1);
  const next = { ...state, guests: replaced(state.guests, 0, guest) };
  return [["controller: adopt guest-0", setBody(setInstance(next, { active: 0 }), 0, 0, { left: false })]];
}

/** The generation that the body of a guest to adopt was last told. */
export const adoptedGeneration = 3;

function fenceMoves(state: State, host: number, { planHypervisor, keeps }: Shipped): Move[] {
  const row = at(state.rows, host);
  if (!row.fenceRequested) return [];
  const step = planHypervisor(hypervisorFacts(row));
  const answered = { ...row, fenceRequested: false, seenSince: false };
  if (step.kind === "refuse-fence")
    return [
      [
        `controller: refuse to fence ${hostId(host)}`,
        { ...state, rows: replaced(state.rows, host, answered) },
      ],
    ];
  if (step.kind !== "fence") return [];
  const rows = replaced(state.rows, host, { ...answered, fencedBoot: row.boot });
  const guests = state.guests.map((guest) =>
    guest?.host === host ? lostGuest(guest, keeps.fenceOrders) : guest,
  );
  return [[`controller: fence ${hostId(host)}`, { ...state, rows, guests }]];
}

function lostGuest(guest: GuestRow, ordered: boolean): GuestRow {
  if (guest.lost) return guest;
  return {
    ...guest,
    lost: true,
    ...(ordered ? { desired: "absent", generation: guest.generation + 1 } : {}),
  };
}

/** The second controller: plans now, and writes at any later time. */
export function heldMoves(state: State, shipped: Shipped): Move[] {
  const { held } = state.ghost;
  if (held) return commitHeld(state, held, shipped);
  if (state.budget.stalePlans === 0 || state.instance.phase !== "live") return [];
  const step = shipped.planInstance(planView(state, shipped));
  return heldSteps(state, step).map(
    (next): Move => [
      `second controller: plans ${next.kind}`,
      {
        ...state,
        ghost: { ...state.ghost, held: next },
        budget: { ...state.budget, stalePlans: state.budget.stalePlans - 1 },
      },
    ],
  );
}

function heldSteps(state: State, step: InstanceStep): Held[] {
  const { generation } = state.instance;
  const base = { kind: step.kind, generation, guest: null, guestGeneration: 0, host: null, desired: null };
  if (step.kind === "place") return openHosts(state).map((host) => ({ ...base, host }));
  if (step.kind === "update-guest" || step.kind === "give-up") {
    const { id, generation: guestGeneration } = step.guest;
    const desired = step.kind === "give-up" ? "absent" : step.order.desired;
    return [{ ...base, guest: guestOf(id), guestGeneration, desired }];
  }
  return [];
}

/**
 * The shipped apply locks the instance, gives way when its generation moved, and plans again; a claim asks for an
 * instance that still wants a place. So an old plan is as good as none; without that, it is carried out as it was.
 */
function commitHeld(state: State, held: Held, shipped: Shipped): Move[] {
  const free = { ...state, ghost: { ...state.ghost, held: null } };
  const dropped: Move = ["second controller: gives way", free];
  const { instance } = state;
  if (instance.phase !== "live") return [dropped];
  if (!shipped.keeps.compareAndSet) return [["second controller: writes", writeHeld(free, held, shipped)]];
  if (instance.generation !== held.generation) return [dropped];
  const step = shipped.planInstance(planView(state, shipped));
  if (step.kind !== held.kind) return [dropped];
  if (step.kind !== "place") return stepMoves(free, step, shipped);
  return held.host !== null && openHosts(state).includes(held.host)
    ? [["second controller: places", writeHeld(free, held, shipped)]]
    : [dropped];
}

function writeHeld(state: State, held: Held, shipped: Shipped): State {
  if (held.host !== null) return placed(state, nextGuest(state, shipped), held.host, shipped);
  if (held.guest === null || held.desired === null) return state;
  const next = order(state, held.guest, { desired: held.desired });
  return held.kind === "give-up" ? setInstance(next, { active: null }) : next;
}
