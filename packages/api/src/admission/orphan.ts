/**
 * What an administrator decides about a guest that a hypervisor has and no instance names. Both decisions are taken with
 * the hypervisor's row locked and exclude each other: what is being destroyed is not adopted, and the reverse.
 */
import { CloudError } from "@madang/core/errors";
import { type Orphan, orphan } from "@madang/core/wire/agent";
import { type Hypervisor, type Tx, transaction } from "@madang/db";
import { z } from "zod";
import type { Actor } from "../context.ts";
import type { AdmissionDeps } from "../deps.ts";
import { hypervisorSubject, lockedHypervisor } from "./hypervisor.ts";
import { recordEvent } from "./record.ts";

export type OrphanRef = { hypervisorId: string; guestId: string };

/** For good: its disks go with it. Asked again while the first order stands, it is the same. Throws NotFound, InvalidState. */
export async function destroyOrphan(deps: AdmissionDeps, actor: Actor, ref: OrphanRef): Promise<void> {
  await transaction(deps.admission.prisma, (tx) => orderAway(tx, actor, ref, deps.admission.now()));
  deps.hints.publish("event", `hypervisor:${ref.hypervisorId}`);
}

async function orderAway(tx: Tx, actor: Actor, ref: OrphanRef, now: Date): Promise<void> {
  const hypervisor = await lockedHypervisor(tx, ref.hypervisorId);
  const known = await openOrder(tx, ref);
  if (known && known.fault === null) return;
  const found = reportedOrphan(hypervisor, ref.guestId);
  await requireUnclaimed(tx, ref.guestId);
  const order = { name: found.name, requestedById: actor.userId, requestedAt: now };
  await tx.orphanOrder.upsert({
    where: { hypervisorId_guestId: ref },
    create: { id: crypto.randomUUID(), ...ref, ...order },
    update: { ...order, doneAt: null },
  });
  const params = { guest: found.name, guestId: ref.guestId };
  await recordEvent(tx, { actor, subject: hypervisorSubject(hypervisor), action: "orphan.destroy", params });
}

/** The orphan as its hypervisor told of it last. Throws NotFound. */
export function reportedOrphan({ orphans }: Hypervisor, guestId: string): Orphan {
  const found = z.array(orphan).catch([]).parse(orphans);
  const one = found.find((guest) => guest.guestId === guestId);
  if (one) return one;
  throw new CloudError("NotFound", "The hypervisor tells of no such orphan, or no longer.", {
    reason: "orphanNotFound",
  });
}

/** Throws InvalidState while an instance has this guest, or is made for it. */
export async function requireUnclaimed(tx: Tx, guestId: string): Promise<void> {
  const instance = await tx.instance.findFirst({
    where: { OR: [{ guests: { some: { id: guestId } } }, { adoptGuestId: guestId, launchedAt: null }] },
    select: { name: true },
  });
  if (!instance) return;
  throw new CloudError("InvalidState", `The guest belongs to the instance ${instance.name}.`, {
    reason: "orphanAdopted",
    params: { name: instance.name },
  });
}

/** Throws InvalidState. */
export async function requireNotDoomed(tx: Tx, ref: OrphanRef): Promise<void> {
  if (!(await openOrder(tx, ref))) return;
  throw new CloudError("InvalidState", "The guest is being destroyed.", { reason: "orphanBeingDestroyed" });
}

function openOrder(tx: Tx, { hypervisorId, guestId }: OrphanRef) {
  return tx.orphanOrder.findFirst({ where: { hypervisorId, guestId, doneAt: null } });
}
