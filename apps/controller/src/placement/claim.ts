/**
 * Placement: rank without locks, then claim one hypervisor under its lock with its allocations summed again; the next
 * one on failure. So parallel launches may rank alike, but never take the same room twice.
 */
import type { PublicError } from "@madang/core/errors";
import { canPlace, filterCandidates, type PlacementRequest } from "@madang/core/hypervisor/placement";
import {
  lockHypervisor,
  lockInstance,
  lockVolumesOf,
  type PlacementBoard,
  type PlacementReading,
  type Prisma,
  readCandidate,
  type Tx,
  transaction,
  writeStatus,
} from "@madang/db";
import { type Conditions, readConditions } from "../reconcilers/condition.ts";
import { askPortsAnew, movesPorts } from "../reconcilers/instance.ports.ts";
import { type Steps, takeSteps } from "../reconcilers/instance.steps.ts";
import { type LoadedInstance, loadInstance, volumeWishes } from "../reconcilers/instance.view.ts";
import { orderedBy } from "../reconcilers/operation.ts";
import { recordEvent } from "../reconcilers/record.ts";
import { diagnose } from "./diagnosis.ts";
import { allocationsOf, imageNeeds, placementRequest } from "./request.ts";
import { rankCandidates } from "./weighers.ts";

export type Placement =
  /** `steps`: what else was done in the same transaction. */
  | { kind: "placed"; hypervisorId: string; steps: Steps }
  /** The instance, or the room, is no longer what was planned for. */
  | { kind: "stale" }
  | { kind: "no-host"; diagnosis: PublicError };

/** A ranking may be this old, for every claim is checked; to say that there is no room takes a younger look. ms */
const rankAgeMs = 1_000;
const refusalAgeMs = 200;
/** So many hypervisors that were full after all, and the reading was too old to go on with. */
const claimsPerReading = 5;

export type PlacementDeps = {
  prisma: Prisma;
  board: PlacementBoard;
  wakeNetwork: (tx: Tx) => Promise<void>;
};

export async function place(deps: PlacementDeps, loaded: LoadedInstance, now: Date): Promise<Placement> {
  const reading = await readingFor(deps.board, loaded);
  const request = placementRequest(shapeOf(loaded), reading.candidates);
  const result = filterCandidates(reading.candidates, request);
  if (result.passed.length === 0) return { kind: "no-host", diagnosis: await explain(deps, loaded, reading) };
  const ranked = rankCandidates(result.passed, request.amounts, reading.weights);
  for (const { id } of ranked.slice(0, claimsPerReading)) {
    const claim = await transaction(deps.prisma, (tx) => claimHypervisor(deps, tx, loaded, id, request, now));
    if (claim === "stale") return { kind: "stale" };
    if (claim === "full") continue;
    deps.board.take(id, request.amounts);
    return { kind: "placed", hypervisorId: id, steps: claim };
  }
  deps.board.forget();
  return { kind: "stale" };
}

const shapeOf = ({ row }: LoadedInstance) => ({ ...row, ...volumeWishes(row) });

async function readingFor(board: PlacementBoard, loaded: LoadedInstance): Promise<PlacementReading> {
  const reading = await board.read(rankAgeMs);
  const request = placementRequest(shapeOf(loaded), reading.candidates);
  const { passed } = filterCandidates(reading.candidates, request);
  return passed.length > 0 ? reading : await board.read(refusalAgeMs);
}

async function explain(
  { prisma }: PlacementDeps,
  loaded: LoadedInstance,
  { candidates, flavors }: PlacementReading,
): Promise<PublicError> {
  const { row } = loaded;
  const request = placementRequest(shapeOf(loaded), candidates);
  const image = row.imageId && (await prisma.image.findUnique({ where: { id: row.imageId } }));
  return diagnose({
    candidates,
    request,
    result: filterCandidates(candidates, request),
    flavors,
    image: { ...imageNeeds(row, image || null), volumesGib: volumeWishes(row).volumesGib },
    before: readConditions(row).Spawned?.message ?? null,
    deadline: row.launchedAt ? null : row.scheduleDeadline,
  });
}

/** Locks in order (instance, then one hypervisor), looks again, and takes the room or says that it is gone. */
async function claimHypervisor(
  { wakeNetwork }: Pick<PlacementDeps, "wakeNetwork">,
  tx: Tx,
  planned: LoadedInstance,
  hypervisorId: string,
  request: PlacementRequest,
  now: Date,
): Promise<Steps | "full" | "stale"> {
  if (!(await lockInstance(tx, planned.row.id))) return "stale";
  if (planned.row.volumes.length > 0) await lockVolumesOf(tx, planned.row.id);
  const loaded = await loadInstance(tx, planned.row.id, now);
  if (!loaded || !isUnplaced(loaded, planned)) return "stale";
  if (!(await lockHypervisor(tx, hypervisorId))) return "full";
  const candidate = await readCandidate(tx, hypervisorId, now);
  if (!candidate || !canPlace([candidate], request)) return "full";
  const steps = await insertGuest(tx, loaded, hypervisorId, now);
  if (movesPorts(loaded, ["place"])) await wakeNetwork(tx);
  return steps;
}

function isUnplaced({ row }: LoadedInstance, planned: LoadedInstance): boolean {
  const wanted = row.deleteRequestedAt === null && row.fault === null;
  return wanted && row.generation === planned.row.generation && row.guests.length === 0;
}

/** And goes on from there: a guest that has nothing to wait for is let run in the same transaction. */
async function insertGuest(tx: Tx, loaded: LoadedInstance, hypervisorId: string, now: Date): Promise<Steps> {
  const id = crypto.randomUUID();
  const { row } = loaded;
  await tx.guest.create({
    data: {
      id,
      instanceId: row.id,
      hypervisorId,
      desired: "stopped",
      instanceGeneration: row.generation,
      rebootSeq: row.rebootSeq,
      rebootKind: row.rebootKind,
      operationId: orderedBy(loaded),
      allocations: { create: allocationsOf(row, hypervisorId) },
    },
  });
  await askPortsAnew(tx, loaded);
  const conditions: Conditions = { ...readConditions(row), Scheduled: { ok: true } };
  await tx.instance.update({ where: { id: row.id }, data: { activeGuestId: id, conditions } });
  await recordEvent(tx, row, { action: "instance.scheduled", operation: loaded.operations[0] });
  const after = await loadInstance(tx, row.id, now);
  const steps = after ? await takeSteps(tx, after) : { taken: [], next: null };
  await writeStatus(tx, row.id);
  return steps;
}
