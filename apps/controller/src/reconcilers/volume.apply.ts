/** What each step for a volume writes, inside the transaction that holds its lock. */
import type { PublicError } from "@madang/core/errors";
import { canPlace, filterCandidates, type PlacementRequest } from "@madang/core/hypervisor/placement";
import { volumeAmounts } from "@madang/core/volume/place";
import {
  lockHypervisor,
  type PlacementBoard,
  type Prisma,
  PrismaNamespace,
  readCandidate,
  type Tx,
} from "@madang/db";
import { rankCandidates } from "../placement/weighers.ts";
import { finishOperation } from "./operation.ts";
import { placeFound } from "./volume.found.ts";
import { endVolumeOperations, recordVolumeEvent } from "./volume.operations.ts";
import type { VolumeStep } from "./volume.plan.ts";
import type { LoadedVolume } from "./volume.view.ts";

/** `host`: the hypervisor that was found for a volume to be placed anywhere; null: none. */
export async function applyVolumeStep(
  tx: Tx,
  loaded: LoadedVolume,
  step: VolumeStep,
  host: string | null,
): Promise<void> {
  switch (step.kind) {
    case "clear-fault":
      await tx.volume.update({ where: { id: loaded.row.id }, data: { fault: PrismaNamespace.DbNull } });
      return;
    case "drop-snapshots":
      return dropSnapshots(tx, loaded, step.ids);
    case "delete-volume":
      return deleteVolume(tx, loaded);
    case "place-found":
      return placeFound(tx, loaded.row.id, step.hypervisorId);
    case "place-at":
      return place(tx, loaded, step.hypervisorId, false);
    case "place":
      return host === null ? fail(tx, loaded, noRoom) : place(tx, loaded, host, true);
    case "fail":
      return fail(tx, loaded, step.fault);
    case "give-up-revert":
      return giveUpRevert(tx, loaded, step.fault);
    case "call-off-revert":
      return callOffRevert(tx, loaded);
    case "end-operations":
      return endOperations(tx, loaded, step.fault);
    case "wait":
      return;
  }
}

export const noRoom: PublicError = {
  code: "NoValidHost",
  reason: "volumeNoHost",
  message: "No hypervisor has room for this volume now.",
  retry: "later",
};

/** Where there is room for it, by what was last seen; null when nowhere. */
export async function placementOf(board: PlacementBoard, { row }: LoadedVolume): Promise<string | null> {
  const { candidates, weights } = await board.read(0);
  const request = requestOf(
    row,
    candidates.some(({ realDisks }) => realDisks === true),
  );
  const { passed } = filterCandidates(candidates, request);
  return rankCandidates(passed, request.amounts, weights)[0]?.id ?? null;
}

function requestOf(row: LoadedVolume["row"], realDisksExist: boolean): PlacementRequest {
  return {
    amounts: volumeAmounts(row.sizeGib),
    availabilityZone: row.availabilityZone,
    required: {},
    excluded: new Set(),
    realDisksExist,
    joined: false,
    volumes: { at: null },
  };
}

/** From now on it lives there. `anywhere`: it is its own choice, so another may be made where this one is full by now. */
async function place(tx: Tx, loaded: LoadedVolume, hypervisorId: string, anywhere: boolean): Promise<void> {
  const { row, now } = loaded;
  if (!(await lockHypervisor(tx, hypervisorId))) return fail(tx, loaded, noRoom);
  const candidate = await readCandidate(tx, hypervisorId, now);
  const request = requestOf(row, false);
  // A copy can be nowhere else than its origin, whatever else is true of that hypervisor.
  const anyhow = { ...request, availabilityZone: null };
  const roomy =
    candidate &&
    canPlace([{ ...candidate, enabled: anywhere ? candidate.enabled : true }], anywhere ? request : anyhow);
  if (!roomy) return fail(tx, loaded, noRoom);
  await tx.volume.update({ where: { id: row.id }, data: { hypervisorId } });
}

async function dropSnapshots(tx: Tx, { row }: LoadedVolume, ids: readonly string[]): Promise<void> {
  await tx.volumeSnapshot.deleteMany({ where: { id: { in: [...ids] } } });
  for (const snapshot of row.snapshots.filter(({ id }) => ids.includes(id)))
    await recordVolumeEvent(tx, row, {
      action: "volume_snapshot.deleted",
      params: { snapshot: snapshot.name },
    });
}

/** Its snapshots are parts of it. */
async function deleteVolume(tx: Tx, { row, operations, now }: LoadedVolume): Promise<void> {
  await tx.volumeSnapshot.deleteMany({ where: { volumeId: row.id } });
  await tx.volume.delete({ where: { id: row.id } });
  for (const operation of operations)
    await finishOperation(
      tx,
      operation,
      operation.kind === "volume.delete" ? "succeeded" : "cancelled",
      null,
      now,
    );
  const operation = operations.find(({ kind }) => kind === "volume.delete");
  await recordVolumeEvent(tx, row, { action: "volume.deleted", operation });
}

async function fail(tx: Tx, loaded: LoadedVolume, fault: PublicError): Promise<void> {
  await tx.volume.update({ where: { id: loaded.row.id }, data: { fault } });
  await endOperations(tx, loaded, fault);
}

/** Its number counts as dealt with and is never told again; at a new generation its hypervisor says what it has. */
async function giveUpRevert(tx: Tx, loaded: LoadedVolume, fault: PublicError): Promise<void> {
  const { id, revertSeq } = loaded.row;
  await endOperations(tx, loaded, fault);
  await tx.volume.update({
    where: { id },
    data: { observedRevertSeq: revertSeq, revertSnapshotId: null, generation: { increment: 1 } },
  });
}

/** Its number is never told again, and what is asked for next has a larger one. */
async function callOffRevert(tx: Tx, { row, now }: LoadedVolume): Promise<void> {
  const outcome = { state: "cancelled", error: null } as const;
  const operation = await endVolumeOperations(tx, row.id, ["volume.revert"], outcome, now);
  await tx.volume.update({ where: { id: row.id }, data: { observedRevertSeq: row.revertSeq } });
  await recordVolumeEvent(tx, row, { action: "volume.revert-called-off", operation });
}

/** Of a deletion that failed the operation ends too: whoever asks again begins another. */
async function endOperations(
  tx: Tx,
  { row, operations, now }: LoadedVolume,
  fault: PublicError | null,
): Promise<void> {
  for (const operation of operations) {
    await finishOperation(tx, operation, fault ? "failed" : "succeeded", fault, now);
    const done = fault ? "volume.failed" : doneActions[operation.kind];
    if (!done) continue;
    const params: Record<string, string> = fault ? { reason: fault.reason, message: fault.message } : {};
    const result = fault ? "failed" : "succeeded";
    await recordVolumeEvent(tx, row, { action: done, result, operation, params });
  }
}

const doneActions: Readonly<Record<string, string>> = {
  "volume.create": "volume.created",
  "volume.extend": "volume.extended",
  "volume.retype": "volume.retyped",
  "volume.revert": "volume.reverted",
  "volume.snapshot": "volume_snapshot.created",
};

/** What its hypervisor says of how far it is; nothing else depends on it, so it needs no lock. */
export async function trackPercent(
  prisma: Pick<Prisma, "operation">,
  { row, operations }: LoadedVolume,
): Promise<void> {
  const percent = Math.min(99, row.percent ?? 0);
  const behind = operations.filter((one) => one.state !== "running" || one.percent !== percent);
  if (behind.length === 0) return;
  await prisma.operation.updateMany({
    where: { id: { in: behind.map(({ id }) => id) }, state: { in: ["pending", "running"] } },
    data: { state: "running", percent },
  });
}
