/** Agents, guests, letters, and what happens to hosts. */
import type { Shipped } from "./shipped.ts";
import {
  type Body,
  type Bound,
  hostOf,
  type Instance,
  type Letter,
  type Move,
  type State,
  spend,
  type Told,
  Violation,
  withBody,
  withHost,
  withInstance,
} from "./state.ts";

export function agentMoves(state: State, shipped: Shipped, mailbox: Bound["mailbox"]): Move[] {
  const moves = state.hosts.flatMap((_host, at) => fetchMoves(state, at));
  const { volume } = state;
  const keeper = volume.host === null ? null : state.hosts[volume.host];
  if (keeper?.on && !volume.made)
    moves.push(["agent: make the volume", { ...state, volume: { ...volume, made: true } }]);
  if (keeper?.on && !keeper.revoked && volume.made && !volume.said)
    moves.push(["agent: say that it is made", { ...state, volume: { ...volume, said: true } }]);
  for (const [index, instance] of state.instances.entries())
    for (const [slot, body] of instance.bodies.entries()) {
      moves.push(...guestMoves(state, index, instance, slot, body, shipped));
      if (state.mail.length < mailbox) moves.push(...reports(state, index, instance, slot, body));
    }
  return moves;
}

/** Only a host that is heard is told anything. What no longer has a row is not named. */
function fetchMoves(state: State, at: number): Move[] {
  const host = state.hosts[at];
  if (!host?.on || host.revoked) return [];
  const next = state.instances.reduce(
    (now, instance, index) => {
      if (instance.host !== at) return now;
      return instance.bodies.reduce(
        (then, _body, slot) => withBody(then, index, slot, { told: toldOf(state, index, instance, slot) }),
        now,
      );
    },
    withHost(state, at, { fetched: true }),
  );
  return [[`agent ${at}: fetch`, next]];
}

function toldOf(state: State, index: number, { guest, slot }: Instance, of: number): Told | null {
  if (!guest || slot !== of) return null;
  const has = state.attachments.some(
    ({ instance, phase }) => instance === index && (phase === "attaching" || phase === "attached"),
  );
  return { generation: guest.generation, desired: guest.desired, has };
}

/** One thing at a time: a guest may take its time to let go, and an agent may be late. */
function guestMoves(
  state: State,
  index: number,
  instance: Instance,
  slot: number,
  body: Body,
  { keeps }: Shipped,
): Move[] {
  const host = hostOf(state, instance);
  const { told } = body;
  if (!host.on || !told || (keeps.freshSnapshot && !host.fetched)) return [];
  const name = `guest ${index}.${slot}`;
  const done = (what: string, change: Partial<Body>): Move[] => [
    [`agent: ${name} ${what}`, withBody(state, index, slot, change)],
  ];
  if (told.desired === "absent") {
    if (body.there) return done("is removed", { there: false, running: false, has: false });
    return body.acked === told.generation ? [] : done("settled", { acked: told.generation });
  }
  if (!host.old && body.has !== told.has) {
    if (told.has) requirePlace(state, instance.host);
    const failed = spend(state, "failures");
    const gaveUp = failed && !told.has && body.acked !== told.generation;
    return [
      ...done(told.has ? "gets the disk" : "lets go of the disk", { has: told.has }),
      ...(gaveUp
        ? [
            [
              `agent: ${name} keeps the disk`,
              withBody(failed, index, slot, { acked: told.generation }),
            ] as const,
          ]
        : []),
    ];
  }
  if (!body.running) return done("starts", { there: true, running: true });
  return body.acked === told.generation ? [] : done("settled", { acked: told.generation });
}

function requirePlace({ volume }: State, host: number): void {
  if (volume.host !== host) throw new Violation("a guest is given a volume that is elsewhere");
  if (!volume.made) throw new Violation("a guest is given a volume that is not there");
}

/** Repeated for as long as it is news. */
function reports(state: State, index: number, instance: Instance, slot: number, body: Body): Move[] {
  const host = hostOf(state, instance);
  if (!host.on || host.revoked || !host.fetched || !body.told) return [];
  const { there, has, acked } = body;
  const letter: Letter = { instance: index, slot, generation: acked, there, disks: host.old ? null : has };
  const known = state.mail.some((one) => JSON.stringify(one) === JSON.stringify(letter));
  return known ? [] : [[`agent: report of ${index}.${slot}`, { ...state, mail: [...state.mail, letter] }]];
}

/** In any order, or never. */
export function mailMoves(state: State, shipped: Shipped): Move[] {
  return state.mail.flatMap((letter, at): Move[] => {
    const rest = { ...state, mail: state.mail.toSpliced(at, 1) };
    const name = `letter of ${letter.instance}.${letter.slot} at ${letter.generation}`;
    return [
      [`${name} is lost`, rest],
      [`${name} arrives`, arrived(rest, letter, shipped)],
    ];
  });
}

function arrived(state: State, letter: Letter, { countsForGuest }: Shipped): State {
  const instance = state.instances[letter.instance];
  const guest = instance?.guest;
  if (!guest || instance.slot !== letter.slot || hostOf(state, instance).revoked) return state;
  const known = { generation: guest.generation, ackedGeneration: guest.acked };
  if (!countsForGuest(known, letter.generation)) return state;
  const ended = guest.desired === "absent" && !letter.there && letter.generation === guest.generation;
  if (ended) return withInstance(state, letter.instance, { guest: null });
  return withInstance(state, letter.instance, {
    guest: { ...guest, acked: letter.generation, disks: letter.disks },
  });
}

export function luckMoves(state: State): Move[] {
  return state.hosts.flatMap((host, at): Move[] => {
    const [revoked, lost, fenced, older] = [
      spend(state, "revocations"),
      spend(state, "powerLosses"),
      spend(state, "fences"),
      spend(state, "downgrades"),
    ];
    const moves: Move[] = [];
    if (revoked && !host.revoked)
      moves.push([`administrator: revoke ${at}`, withHost(revoked, at, { revoked: true })]);
    if (lost && host.on) moves.push([`host ${at}: power loss`, poweredOff(lost, at)]);
    if (!host.on) moves.push([`host ${at}: boot`, withHost(state, at, { on: true, fetched: false })]);
    if (fenced && !host.on) moves.push([`administrator: fence ${at}`, fencedOff(fenced, at)]);
    if (older && host.on && !host.old)
      moves.push([`agent ${at}: downgrade`, withHost(older, at, { old: true })]);
    if (host.old) moves.push([`agent ${at}: upgrade`, withHost(state, at, { old: false })]);
    return moves;
  });
}

export const poweredOff = (state: State, at: number): State =>
  withHost(
    {
      ...state,
      instances: state.instances.map((instance) =>
        instance.host === at
          ? { ...instance, bodies: instance.bodies.map((body) => ({ ...body, running: false })) }
          : instance,
      ),
    },
    at,
    { on: false },
  );

/** Its guests are given up; the administrator made sure that it is off. */
const fencedOff = (state: State, at: number): State => ({
  ...state,
  instances: state.instances.map((instance) =>
    instance.host === at ? { ...instance, guest: null } : instance,
  ),
});
