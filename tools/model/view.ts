/** The model's rows as the shipped functions see them. */
import type { PublicError } from "@madang/core/errors";
import { downAfterMs, type HypervisorState, hypervisorState } from "@madang/core/hypervisor/state";
import { type DerivedStatus, deriveStatus } from "@madang/core/instance/status";
import type { HypervisorFacts } from "../../apps/controller/src/reconcilers/hypervisor.plan.ts";
import type {
  GuestFacts,
  InstanceFacts,
  InstancePlanView,
} from "../../apps/controller/src/reconcilers/instance.plan.ts";
import type { Shipped } from "./shipped.ts";
import { at, type GuestRow, type HostRow, type InstanceRow, type Retry, type State } from "./state.ts";

export const hostId = (host: number): string => `host-${host}`;
export const hostOf = (id: string): number => Number(id.slice(5));
export const guestId = (guest: number): string => `guest-${guest}`;
export const guestOf = (id: string): number => Number(id.slice(6));
export const bootId = (boot: number): string => `boot-${boot}`;

/** The model's clock stands: what is fresh was seen now, what is not long ago. */
export const now = new Date(1_000_000_000);
export const seenAt = (fresh: boolean): Date => (fresh ? now : longAgo);
const longAgo = new Date(now.getTime() - downAfterMs - 1);
const startedAts = Array.from({ length: 64 }, (_, run) => new Date(run * 1_000));
/** When the run of an agent began. */
export const startedAt = (run: number): Date => at(startedAts, run);

const fault = (retry: Retry): PublicError => ({ code: "Internal", reason: "model", message: "m", retry });
const faults: Record<Retry, PublicError> = {
  never: fault("never"),
  later: fault("later"),
  elsewhere: fault("elsewhere"),
};
const faultOf = (retry: Retry | null): PublicError | null => (retry === null ? null : faults[retry]);

const requestedAt = new Date(1);
/** The columns of a fence as the shipped functions read them. */
export function fenceColumns(row: HostRow) {
  const fencedAt = row.fencedBoot === null ? null : longAgo;
  return {
    fenceRequestedAt: row.fenceRequested ? requestedAt : fencedAt,
    fencedAt,
    fencedBootId: row.fencedBoot === null ? null : bootId(row.fencedBoot),
  };
}

export function stateOf(row: HostRow): HypervisorState {
  return hypervisorState(
    {
      ...fenceColumns(row),
      enabled: true,
      revokedAt: null,
      bootId: row.boot === 0 ? null : bootId(row.boot),
      lastSeenAt: row.run === 0 ? null : seenAt(row.fresh),
    },
    now,
  );
}

export function hypervisorFacts(row: HostRow): HypervisorFacts {
  return {
    present: row.fresh,
    told: false,
    said: "hypervisor.down",
    fenceRequested: row.fenceRequested,
    seenSince: row.seenSince,
  };
}

export function guestFacts(row: GuestRow, guest: number, reachable: boolean): GuestFacts {
  return {
    id: guestId(guest),
    hypervisorId: hostId(row.host),
    desired: row.desired,
    instanceGeneration: row.instanceGeneration,
    rebootSeq: row.rebootSeq,
    rebootKind: "hard",
    generation: row.generation,
    lost: row.lost,
    reachable,
    observed: row.observed,
    ackedGeneration: row.ackedGeneration,
    observedRebootSeq: row.observedRebootSeq,
    stopCause: row.stopCause,
    phase: null,
    percent: null,
    fault: faultOf(row.fault),
    disks: null,
    silenced: false,
  };
}

function instanceFacts(row: InstanceRow, hosts: number): InstanceFacts {
  const excluded = [...Array(hosts).keys()].filter((host) => row.excluded & (1 << host));
  return {
    id: "instance",
    power: row.power,
    // To the plan it is an instance that is to be off, which is explored.
    softDeleted: false,
    generation: row.generation,
    rebootSeq: row.rebootSeq,
    rebootKind: "hard",
    crashPolicy: row.crashPolicy,
    deleteRequested: row.deleteRequested,
    force: row.force,
    resetRequested: row.resetRequested,
    adopts: row.adopts,
    selfStoppedAt: row.selfStoppedAt,
    launched: row.launched,
    fault: faultOf(row.fault),
    observedGeneration: row.observedGeneration,
    activeGuestId: row.active === null ? null : guestId(row.active),
    excludedHypervisors: excluded.map(hostId),
    overdue: row.overdue,
  };
}

/** Its volume is waited for as its port is. */
export function planView(state: State, { portReadiness }: Shipped): InstancePlanView {
  const guests: GuestFacts[] = [];
  state.guests.forEach((row, guest) => {
    if (!row) return;
    const hypervisor = stateOf(at(state.rows, row.host));
    guests.push(guestFacts(row, guest, hypervisor === "up"));
  });
  const needs = state.instance.bound.map((host, index) => ({
    generation: at(state.instance.asked, index) ? 1 : 0,
    realisedGeneration: 0,
    realisedHypervisorId: host === null ? null : hostId(host),
  }));
  return {
    instance: instanceFacts(state.instance, state.rows.length),
    guests,
    readiness: portReadiness(needs, guests, state.instance.deleteRequested),
    disks: [],
  };
}

/** As writeStatus derives it. */
export function statusOf({ instance, guests }: State): DerivedStatus {
  const guest = instance.active === null ? null : (guests[instance.active] ?? null);
  const facts = guest && guestFacts(guest, 0, true);
  return deriveStatus({
    ...instance,
    softDeleted: false,
    rebootKind: "hard",
    fault: faultOf(instance.fault),
    guest: guest?.lost ? null : facts,
  });
}
