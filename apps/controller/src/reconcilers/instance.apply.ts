/** What each step of the plan writes, inside the transaction that holds the instance's lock. */
import type { PublicError } from "@madang/core/errors";
import type { Tx } from "@madang/db";
import { readConditions, unmet } from "./condition.ts";
import { releaseVolumes } from "./instance.disks.ts";
import { failInstance, recordFailure, setInstance } from "./instance.failure.ts";
import { StaleView, setGuest } from "./instance.guest.ts";
import { activeGuest, type GuestFacts, type GuestOrder, type InstanceStep } from "./instance.plan.ts";
import { releasePorts } from "./instance.ports.ts";
import type { LoadedInstance } from "./instance.view.ts";
import { endOperations, finishOperation, settleOperations, trackOperations } from "./operation.ts";
import { recordEvent } from "./record.ts";

export type Change = Exclude<InstanceStep, { kind: "place" | "adopt" | "wait" | "done" }>;

export async function applyStep(tx: Tx, loaded: LoadedInstance, step: Change, now: Date): Promise<void> {
  switch (step.kind) {
    case "drop-guest":
      return dropGuest(tx, loaded, step.guest);
    case "remove-guests":
      return removeGuests(tx, loaded, step.guests, now);
    case "delete-instance":
      return deleteInstance(tx, loaded);
    case "update-guest":
      return updateGuest(tx, loaded, step.guest, step.order, now);
    case "give-up":
      return giveUp(tx, loaded, step.guest, step.fault);
    case "fail":
      return failInstance(tx, loaded, step.fault);
    case "clear-fault":
      return setInstance(tx, loaded, { fault: null });
    case "mark-launched":
      return markLaunched(tx, loaded, step.guest, now);
    case "reset":
      return reset(tx, loaded);
    case "record-self-stop":
      return recordStop(tx, loaded, step.guest, "instance.self-stopped");
    case "record-crash-stop":
      return recordStop(tx, loaded, step.guest, "instance.crash-stopped");
    case "settle":
      return settle(tx, loaded);
  }
}

/** The guest is gone from its hypervisor, and with its row goes the capacity it held. */
async function dropGuest(tx: Tx, loaded: LoadedInstance, guest: GuestFacts): Promise<void> {
  const { count } = await tx.guest.deleteMany({ where: { id: guest.id, generation: guest.generation } });
  if (count === 0) throw new StaleView();
  const answered = guest.observed === "absent" && guest.ackedGeneration === guest.generation;
  if (!answered) await rememberLeft(tx, guest);
  if (loaded.row.activeGuestId === guest.id) await setInstance(tx, loaded, { activeGuestId: null });
}

async function rememberLeft(tx: Tx, { id, generation }: GuestFacts): Promise<void> {
  await tx.leftGuest.upsert({
    where: { guestId: id },
    create: { guestId: id, generation },
    update: { generation, leftAt: new Date() },
  });
}

async function removeGuests(
  tx: Tx,
  loaded: LoadedInstance,
  guests: readonly GuestFacts[],
  now: Date,
): Promise<void> {
  for (const guest of guests) await setGuest(tx, loaded, guest, { desired: "absent" });
  if (!loaded.view.instance.deleteRequested) return;
  await endOperations(tx, loaded, "cancelled", null);
  const deletes = loaded.operations.filter(({ kind }) => kind === "instance.delete");
  await trackOperations(tx, { ...loaded, operations: deletes }, now);
}

/** Consoles, user data and ports of its own go with the row; the trail, the operations and other ports stay. */
async function deleteInstance(tx: Tx, loaded: LoadedInstance): Promise<void> {
  await endOperations(tx, loaded, "cancelled", null);
  const deletes = loaded.operations.filter(({ kind }) => kind === "instance.delete");
  for (const operation of deletes) await finishOperation(tx, operation, "succeeded", null, loaded.now);
  await recordEvent(tx, loaded.row, { action: "instance.deleted", operation: deletes[0] });
  await releasePorts(tx, loaded);
  await releaseVolumes(tx, loaded);
  await tx.instance.delete({ where: { id: loaded.row.id } });
}

async function updateGuest(
  tx: Tx,
  loaded: LoadedInstance,
  guest: GuestFacts,
  order: GuestOrder,
  now: Date,
): Promise<void> {
  await setGuest(tx, loaded, guest, order);
  await trackOperations(tx, loaded, now);
}

/** This hypervisor could not build it: take it away there, and let another try once it is gone. */
async function giveUp(tx: Tx, loaded: LoadedInstance, guest: GuestFacts, fault: PublicError): Promise<void> {
  await setGuest(tx, loaded, guest, { desired: "absent" });
  await setInstance(tx, loaded, {
    activeGuestId: null,
    excludedHypervisors: [...loaded.row.excludedHypervisors, guest.hypervisorId],
    conditions: { ...readConditions(loaded.row), Spawned: unmet(fault) },
  });
  await recordFailure(tx, loaded, fault, "retrying");
}

/** Said once in the trail, and kept current in the condition. */
export async function waitForHost(
  tx: Tx,
  loaded: LoadedInstance,
  diagnosis: PublicError,
  now: Date,
): Promise<void> {
  const conditions = readConditions(loaded.row);
  await setInstance(tx, loaded, { conditions: { ...conditions, Scheduled: unmet(diagnosis) } });
  await trackOperations(tx, loaded, now);
  if (conditions.Scheduled?.ok === false) return;
  await recordEvent(tx, loaded.row, {
    action: "instance.no-valid-host",
    result: "waiting",
    operation: loaded.operations[0],
    params: { ...diagnosis.params, message: diagnosis.message },
  });
}

/** Whatever went wrong before counts no more; a hypervisor that failed may be tried again. */
async function reset(tx: Tx, loaded: LoadedInstance): Promise<void> {
  const { Scheduled } = readConditions(loaded.row);
  await setInstance(tx, loaded, {
    fault: null,
    excludedHypervisors: [],
    observedResetSeq: loaded.row.resetSeq,
    conditions: Scheduled?.ok ? { Scheduled } : {},
  });
}

async function markLaunched(tx: Tx, loaded: LoadedInstance, guest: GuestFacts, now: Date): Promise<void> {
  await setInstance(tx, loaded, {
    launchedAt: now,
    excludedHypervisors: [],
    conditions: { Scheduled: { ok: true }, Spawned: { ok: true } },
  });
  const adopted = guest.desired === "hold";
  const operation = loaded.operations.find(({ kind }) => kind === "instance.launch") ?? loaded.operations[0];
  const action = adopted ? "instance.adopted" : "instance.running";
  await recordEvent(tx, loaded.row, { action, operation });
}

/** Its own power-off, or its death where that is to be left alone, stands until somebody asks again: a new generation. */
async function recordStop(
  tx: Tx,
  loaded: LoadedInstance,
  guest: GuestFacts,
  action: "instance.self-stopped" | "instance.crash-stopped",
): Promise<void> {
  await setGuest(tx, loaded, guest, { desired: "stopped" });
  await setInstance(tx, loaded, { selfStoppedAt: loaded.row.generation });
  await recordEvent(tx, loaded.row, { action });
}

/** It has all that it needs: what it waited for before says nothing any more. */
async function settle(tx: Tx, loaded: LoadedInstance): Promise<void> {
  const { PortsBound, ...conditions } = readConditions(loaded.row);
  await setInstance(tx, loaded, {
    observedGeneration: loaded.row.generation,
    ...(PortsBound ? { conditions } : {}),
  });
  const running = activeGuest(loaded.view)?.observed === "running";
  await settleOperations(tx, loaded, running);
}
