/** What must hold in every state, and in every state that has come to rest. */
import { at, type HostRow, type Machine, type State } from "./state.ts";
import { guestId, hostId, statusOf } from "./view.ts";

/** null when nothing is wrong. */
export function brokenIn(state: State): string | null {
  let running = 0;
  for (const [host, bodies] of state.bodies.entries()) {
    for (const [guest, { there, left }] of bodies.entries()) {
      if (there === "none") continue;
      if (there === "running") running++;
      if (left) continue;
      const fault = uncovered(state, host, guest, there === "running");
      if (fault) return fault;
    }
  }
  return running > 1 ? "two guests of one instance run" : null;
}

/** What is there has a row, and so its room and its end; what runs has all that it needs. */
function uncovered({ guests, instance }: State, host: number, guest: number, runs: boolean): string | null {
  if (guests[guest]?.host !== host)
    return `${guestId(guest)} is on ${hostId(host)} without a row or allocation`;
  const bare = runs && instance.bound.some((bound) => bound !== host);
  return bare ? `${guestId(guest)} runs without its port or volume` : null;
}

/** What is wrong with a state in which nobody has anything left to do. */
export function unsettledIn(state: State): string | null {
  const { instance } = state;
  const shut = state.rows.findIndex((row, host) => isShutOut(row, at(state.machines, host)));
  if (shut >= 0) return `${hostId(shut)} is up and fenced for ever`;
  if (instance.phase === "none") return null;
  const present = presentBodies(state);
  if (instance.phase === "gone") {
    if (state.guests.some((row) => row !== null)) return "a deleted instance keeps a guest row";
    return present.length > 0 ? "a deleted instance keeps a guest on a host" : null;
  }
  if (instance.deleteRequested) return "a deletion never ends";
  const { status, taskState } = statusOf(state);
  if (taskState !== null) return `it stays ${status} ${taskState}`;
  if (status === "ERROR") return instance.fault === null ? "an error without a fault" : null;
  const runs = present.filter(({ there }) => there === "running").length;
  if (status === "ACTIVE" && runs !== 1) return `it is called ACTIVE and ${runs} guests run`;
  if (status === "SHUTOFF" && runs > 0) return "it is called SHUTOFF and runs";
  const wanted = state.ghost.mayBeOff ? null : instance.power;
  const reached = status === "ACTIVE" ? "running" : "stopped";
  if (wanted !== null && wanted !== reached) return `it was to be ${wanted} and is ${reached}`;
  if (present.length !== 1) return `${present.length} guests are left`;
  const rows = state.guests.filter((row) => row !== null).length;
  return rows === 1 ? null : `${rows} guest rows are left`;
}

const isShutOut = (row: HostRow, { on, boot }: Machine): boolean => on && row.fencedBoot === boot;

/** Those that anybody still answers for. */
const presentBodies = ({ bodies }: State) =>
  bodies.flatMap((list) => list.filter(({ there, left }) => there !== "none" && !left));
