/** The user and the controller: what is asked for, and the applies of the shipped plan. */
import type { PublicError } from "@madang/core/errors";
import { deriveVolumeStatus } from "@madang/core/volume/status";
import type { Shipped } from "./shipped.ts";
import {
  type Attachment,
  type Instance,
  type Move,
  noBody,
  type State,
  slots,
  spend,
  Violation,
  withInstance,
} from "./state.ts";

const hostGone: PublicError = { code: "Unavailable", reason: "volumeHostGone", message: "m", retry: "never" };
const hostId = (host: number) => `host-${host}`;

function faultOf({ volume, hosts }: State): PublicError | null {
  return volume.host !== null && hosts[volume.host]?.revoked ? hostGone : null;
}

/** As buttons and admission see the volume. */
function actionView(state: State) {
  const { volume, attachments } = state;
  const [attachment] = attachments;
  const phase = attachment?.detach ? "detaching" : (attachment?.phase ?? null);
  const nothing = { snapshots: 0, snapshotsTaking: 0, snapshotsHeld: 0, copies: 0, deleteProtection: false };
  const size = { sizeGib: 1, observedSizeBytes: null, revertSeq: 0, observedRevertSeq: 0 };
  const status = deriveVolumeStatus({
    ...size,
    deleteRequested: false,
    placed: volume.host !== null,
    copied: false,
    generation: 1,
    fault: faultOf(state),
    observed: volume.said ? "available" : "unknown",
    ackedGeneration: volume.said ? 1 : 0,
    hostFault: null,
    attachment: attachment?.phase ?? null,
  });
  return { ...nothing, status, attachment: phase, placed: volume.host !== null };
}

export function userMoves(state: State, { blocked, keeps }: Shipped): Move[] {
  const view = actionView(state);
  return state.instances.flatMap((instance, index): Move[] => {
    if (instance.phase !== "live") return [];
    const asked = spend(state, "attaches");
    const deleted = spend(state, "deletions");
    const free = !keeps.unique || state.attachments.length === 0;
    const near = !keeps.samePlace || state.volume.host === null || state.volume.host === instance.host;
    const mine = state.attachments.some((one) => one.instance === index && !one.detach);
    const attach = asked && free && near && !mine && blocked("attach", view) === null;
    const row: Attachment = { instance: index, phase: "reserved", detach: false };
    return [
      ...(attach ? [[`user: attach to ${index}`, withRow(asked, row)] as const] : []),
      ...detaches(state, index, mine && blocked("detach", view) === null),
      ...(deleted
        ? [[`user: delete ${index}`, withInstance(deleted, index, { phase: "deleting" })] as const]
        : []),
    ];
  });
}

const withRow = (state: State, row: Attachment): State => ({
  ...state,
  attachments: [...state.attachments, row],
});

function detaches(state: State, index: number, allowed: boolean): Move[] {
  const asked = spend(state, "detaches");
  if (!asked || !allowed) return [];
  return [[`user: detach from ${index}`, changed(asked, index, () => ({ detach: true }))]];
}

function changed(state: State, instance: number, change: (one: Attachment) => Partial<Attachment>): State {
  const attachments = state.attachments.map((one) =>
    one.instance === instance ? { ...one, ...change(one) } : one,
  );
  return { ...state, attachments };
}

export function controllerMoves(state: State, shipped: Shipped): Move[] {
  return state.instances.flatMap((instance, index) => [
    ...diskMoves(state, instance, index, shipped),
    ...guestMoves(state, instance, index, shipped),
  ]);
}

function diskMoves(state: State, instance: Instance, index: number, shipped: Shipped): Move[] {
  if (instance.phase === "gone") return [];
  const step = shipped.planDisks(viewOf(state, instance, index));
  if (!step) return [];
  return [[`controller: ${step.kind} ${index}`, apply(state, instance, index, step.kind, shipped)]];
}

function viewOf(state: State, instance: Instance, index: number) {
  const { volume, attachments } = state;
  const disks = attachments
    .filter((one) => one.instance === index)
    .map(({ phase, detach }) => ({
      attachmentId: "attachment",
      volumeId: "volume",
      phase,
      boot: false,
      copied: false,
      detachRequested: detach,
      hypervisorId: volume.host === null ? null : hostId(volume.host),
      ready: volume.said,
      fault: faultOf(state),
    }));
  const { guest, host } = instance;
  const guests = guest
    ? [
        {
          id: "guest",
          hypervisorId: hostId(host),
          desired: guest.desired,
          generation: guest.generation,
          ackedGeneration: guest.acked,
          silenced: state.hosts[host]?.revoked === true,
          disks: guest.disks === null ? null : ["volume"].filter(() => guest.disks),
        },
      ]
    : [];
  return {
    deleteRequested: instance.phase === "deleting",
    launched: true,
    failed: false,
    disks,
    guests,
    activeGuestId: guest ? "guest" : null,
  };
}

type Kind = NonNullable<ReturnType<Shipped["planDisks"]>>["kind"];

function apply(state: State, instance: Instance, index: number, kind: Kind, shipped: Shipped): State {
  switch (kind) {
    case "connect":
      return anew(
        changed(state, index, () => ({ phase: "attaching" })),
        index,
        shipped,
      );
    case "disconnect":
      return anew(
        changed(state, index, () => ({ phase: "detaching" })),
        index,
        shipped,
      );
    case "attached":
      if (!instance.bodies.some(({ has }) => has)) throw new Violation("called attached, and nobody has it");
      return changed(state, index, () => ({ phase: "attached" }));
    case "place-volume":
      return { ...state, volume: { ...state.volume, host: instance.host } };
    case "release":
    case "withdraw":
      return released(state, index);
  }
}

const released = (state: State, index: number): State => ({
  ...state,
  attachments: state.attachments.filter((one) => one.instance !== index),
});

function anew(state: State, index: number, { keeps }: Shipped): State {
  const guest = state.instances[index]?.guest;
  if (!guest || !keeps.newGeneration) return state;
  return withInstance(state, index, { guest: { ...guest, generation: guest.generation + 1 } });
}

/** What the instance's own plan does: a deletion, and another guest where the last one was given up. */
function guestMoves(state: State, instance: Instance, index: number, { keeps }: Shipped): Move[] {
  const { guest, phase, slot, host } = instance;
  if (phase === "live") {
    if (guest || slot + 1 >= slots || state.hosts[host]?.revoked) return [];
    const fresh = { generation: 1, acked: 0, desired: "running" as const, disks: null };
    const bodies = instance.bodies.map((body, at) => (at === slot + 1 ? noBody : body));
    return [
      [
        `controller: another guest of ${index}`,
        withInstance(state, index, { guest: fresh, slot: slot + 1, bodies }),
      ],
    ];
  }
  if (phase === "gone") return [];
  if (!guest)
    return [[`controller: ${index} is gone`, withInstance(released(state, index), index, { phase: "gone" })]];
  if (guest.desired === "running") {
    const absent = { ...guest, desired: "absent" as const, generation: guest.generation + 1 };
    const told = withInstance(state, index, { guest: absent });
    return [[`controller: end guest of ${index}`, keeps.lastGuestFirst ? told : released(told, index)]];
  }
  return [];
}
