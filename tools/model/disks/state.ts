/** One volume that several instances want as a disk: its attachment's rows, the guests that were told of it, and who really has it. */
import type { AttachmentPhase } from "@madang/core/volume/status";

/** A guest's row. `disks`: whether it said that it has the volume; null: its agent knows of no volumes. */
export type GuestRow = {
  generation: number;
  acked: number;
  desired: "running" | "absent";
  disks: boolean | null;
};

/** What an agent was told of one guest. */
export type Told = { generation: number; desired: "running" | "absent"; has: boolean };

/** The guest itself. What it has it keeps while it is off. */
export type Body = { there: boolean; running: boolean; has: boolean; told: Told | null; acked: number };

export type Instance = {
  host: number;
  phase: "live" | "deleting" | "gone";
  /** Which of its guests is the present one; a lost one is never used again. */
  slot: number;
  guest: GuestRow | null;
  bodies: readonly Body[];
};

export type Attachment = { instance: number; phase: AttachmentPhase; detach: boolean };

export type Host = { on: boolean; revoked: boolean; fetched: boolean; old: boolean };

/** A report on its way; `slot` names the guest. */
export type Letter = {
  instance: number;
  slot: number;
  generation: number;
  there: boolean;
  disks: boolean | null;
};

export type Volume = { host: number | null; made: boolean; said: boolean };

export type Budget = {
  attaches: number;
  detaches: number;
  deletions: number;
  revocations: number;
  powerLosses: number;
  fences: number;
  downgrades: number;
  /** Attempts of an agent that end for good with what was asked not done. */
  failures: number;
};

export type State = {
  instances: readonly Instance[];
  attachments: readonly Attachment[];
  volume: Volume;
  hosts: readonly Host[];
  mail: readonly Letter[];
  budget: Budget;
};

export type Bound = {
  /** The host of each instance. */
  instances: readonly number[];
  /** Reports that may be on their way at once. */
  mailbox: number;
  budget: Partial<Budget>;
};

export type Move = readonly [label: string, next: State];

/** Something that may never be was done in this very move. */
export class Violation extends Error {}

export const noBudget: Budget = {
  attaches: 0,
  detaches: 0,
  deletions: 0,
  revocations: 0,
  powerLosses: 0,
  fences: 0,
  downgrades: 0,
  failures: 0,
};

export const noBody: Body = { there: false, running: false, has: false, told: null, acked: 0 };
const runs: Body = { ...noBody, there: true, running: true, acked: 1 };
export const slots = 2;

/** Every instance runs, and nobody has the volume. */
export function initialState({ instances, budget }: Bound): State {
  return {
    instances: instances.map((host) => ({
      host,
      phase: "live",
      slot: 0,
      guest: { generation: 1, acked: 1, desired: "running", disks: false },
      bodies: [runs, ...Array.from({ length: slots - 1 }, () => noBody)],
    })),
    attachments: [],
    volume: { host: null, made: false, said: false },
    hosts: Array.from({ length: Math.max(...instances) + 1 }, () => ({
      on: true,
      revoked: false,
      fetched: true,
      old: false,
    })),
    mail: [],
    budget: { ...noBudget, ...budget },
  };
}

export const spend = ({ budget, ...state }: State, name: keyof Budget): State | null =>
  budget[name] === 0 ? null : { ...state, budget: { ...budget, [name]: budget[name] - 1 } };

export const withInstance = (state: State, index: number, change: Partial<Instance>): State => ({
  ...state,
  instances: state.instances.map((one, at) => (at === index ? { ...one, ...change } : one)),
});

export function withBody(state: State, index: number, slot: number, change: Partial<Body>): State {
  const bodies = state.instances[index]?.bodies ?? [];
  return withInstance(state, index, {
    bodies: bodies.map((body, at) => (at === slot ? { ...body, ...change } : body)),
  });
}

export const withHost = (state: State, index: number, change: Partial<Host>): State => ({
  ...state,
  hosts: state.hosts.map((host, at) => (at === index ? { ...host, ...change } : host)),
});

export const hostOf = (state: State, instance: Instance): Host => {
  const host = state.hosts[instance.host];
  if (!host) throw new Error("no such host");
  return host;
};
