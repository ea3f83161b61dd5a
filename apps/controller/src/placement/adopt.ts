/**
 * The claim of a guest that is on a hypervisor already: its row is made with the id it has there, under the same locks as
 * any claim. No room is asked for, because the guest takes it already; the allocations only begin to say so.
 */
import type { PublicError } from "@madang/core/errors";
import { hypervisorState } from "@madang/core/hypervisor/state";
import { orphan } from "@madang/core/wire/agent";
import type { GuestBody } from "@madang/core/wire/guest";
import {
  type Hypervisor,
  lockHypervisor,
  lockInstance,
  type Prisma,
  type Tx,
  transaction,
  writeStatus,
} from "@madang/db";
import { z } from "zod";
import { type Conditions, readConditions } from "../reconcilers/condition.ts";
import { failInstance } from "../reconcilers/instance.failure.ts";
import { orphanGone, planInstance } from "../reconcilers/instance.plan.ts";
import { askPortsAnew, movesPorts } from "../reconcilers/instance.ports.ts";
import { type LoadedInstance, loadInstance } from "../reconcilers/instance.view.ts";
import { orderedBy, trackOperations } from "../reconcilers/operation.ts";
import { recordEvent } from "../reconcilers/record.ts";
import type { Placement } from "./claim.ts";
import { allocationsOf } from "./request.ts";

const hostAway: PublicError = {
  code: "NoValidHost",
  reason: "orphanHostAway",
  message: "The hypervisor of the guest to adopt doesn't answer.",
  retry: "later",
};

/** `stale` also when the adoption was found impossible, and the instance's fault says so. */
export async function adopt(
  { prisma, wakeNetwork }: { prisma: Prisma; wakeNetwork: (tx: Tx) => Promise<void> },
  planned: LoadedInstance,
  now: Date,
): Promise<Placement> {
  return transaction(prisma, async (tx) => {
    const claimed = await claimOrphan(tx, planned, now);
    if (claimed.kind === "placed" && movesPorts(planned, ["adopt"])) await wakeNetwork(tx);
    return claimed;
  });
}

async function claimOrphan(tx: Tx, planned: LoadedInstance, now: Date): Promise<Placement> {
  const { id, generation, adoptHypervisorId, adoptGuestId } = planned.row;
  if (!(await lockInstance(tx, id))) return { kind: "stale" };
  const loaded = await loadInstance(tx, id, now);
  if (loaded?.row.generation !== generation || planInstance(loaded.view).kind !== "adopt")
    return { kind: "stale" };
  const hypervisor = await lockedHypervisor(tx, adoptHypervisorId);
  const state = hypervisor && hypervisorState(hypervisor, now);
  if (state === "down" || state === "joining") return { kind: "no-host", diagnosis: hostAway };
  const body = hypervisor && state !== "fenced" && state !== "revoked" && bodyOf(hypervisor, adoptGuestId);
  const taken = adoptGuestId && (await tx.guest.findUnique({ where: { id: adoptGuestId } }));
  if (!hypervisor || !adoptGuestId || !body || taken) {
    await failInstance(tx, loaded, orphanGone);
    await writeStatus(tx, id);
    return { kind: "stale" };
  }
  await insertGuest(tx, loaded, { id: adoptGuestId, hypervisorId: hypervisor.id, body }, now);
  return { kind: "placed", hypervisorId: hypervisor.id, steps: { taken: [], next: null } };
}

async function lockedHypervisor(tx: Tx, id: string | null): Promise<Hypervisor | null> {
  if (id === null || !(await lockHypervisor(tx, id))) return null;
  return tx.hypervisor.findUnique({ where: { id } });
}

function bodyOf({ orphans }: Hypervisor, guestId: string | null): GuestBody | null {
  const found = z.array(orphan).catch([]).parse(orphans);
  return found.find((one) => one.guestId === guestId)?.body ?? null;
}

type Found = { id: string; hypervisorId: string; body: GuestBody };

/**
 * Held first: nothing is started or stopped before the hypervisor has answered for it at a generation of its own, one
 * that is newer than any it was ever told.
 */
async function insertGuest(tx: Tx, loaded: LoadedInstance, found: Found, now: Date): Promise<void> {
  const { row } = loaded;
  const left = await tx.leftGuest.findUnique({ where: { guestId: found.id } });
  await tx.guest.create({
    data: {
      id: found.id,
      instanceId: row.id,
      hypervisorId: found.hypervisorId,
      desired: "hold",
      instanceGeneration: row.generation,
      generation: Math.max(found.body.generation, left?.generation ?? 0) + 1,
      rebootSeq: row.rebootSeq,
      rebootKind: row.rebootKind,
      operationId: orderedBy(loaded),
      allocations: { create: allocationsOf(row, found.hypervisorId) },
    },
  });
  await askPortsAnew(tx, loaded);
  const conditions: Conditions = { ...readConditions(row), Scheduled: { ok: true } };
  await tx.instance.update({ where: { id: row.id }, data: { activeGuestId: found.id, conditions } });
  const after = await loadInstance(tx, row.id, now);
  if (after) await trackOperations(tx, after, now);
  await recordEvent(tx, row, { action: "instance.scheduled", operation: after?.operations[0] });
  await writeStatus(tx, row.id);
}
