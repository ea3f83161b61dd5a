import { type Hypervisor, type Tx, transaction } from "@madang/db";
import type { Actor } from "../context.ts";
import type { AdmissionDeps } from "../deps.ts";
import { hypervisorSubject, lockedHypervisor } from "./hypervisor.ts";
import { changesOf, recordEvent } from "./record.ts";

const fields = [
  "availabilityZone",
  "cpuAllocationRatio",
  "ramAllocationRatio",
  "diskAllocationRatio",
  "reservedRamMib",
] as const;
type Policy = Pick<Hypervisor, (typeof fields)[number]>;
export type HypervisorChanges = { [F in keyof Policy]?: Policy[F] | undefined };

/** For what is placed from now on; what runs stays where it is. What is already so is not written again. Throws NotFound. */
export async function updateHypervisor(
  deps: AdmissionDeps,
  actor: Actor,
  id: string,
  changes: HypervisorChanges,
): Promise<void> {
  await transaction(deps.admission.prisma, (tx) => admit(tx, actor, id, changes));
  deps.hints.publish("event", "capacity", `hypervisor:${id}`);
}

async function admit(tx: Tx, actor: Actor, id: string, changes: HypervisorChanges): Promise<void> {
  const hypervisor = await lockedHypervisor(tx, id);
  const changed = fields.filter((name) => changes[name] !== undefined && changes[name] !== hypervisor[name]);
  if (changed.length === 0) return;
  const data = Object.fromEntries(changed.map((name) => [name, changes[name]]));
  await tx.hypervisor.update({ where: { id }, data });
  const params = Object.fromEntries(changed.map((name) => [name, changes[name] ?? null]));
  await recordEvent(tx, {
    actor,
    subject: hypervisorSubject(hypervisor),
    action: "hypervisor.update",
    params,
    changes: changesOf(hypervisor, changes, fields),
  });
}
