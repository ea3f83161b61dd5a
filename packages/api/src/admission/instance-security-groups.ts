import { CloudError } from "@madang/core/errors";
import type { Tx } from "@madang/db";
import type { Actor } from "../context.ts";
import type { AdmissionDeps } from "../deps.ts";
import { type InstanceRef, lockedInstance, requireAllowed, subjectOf } from "./change-instance.ts";
import { changeGroups, requireGroups } from "./locked-group.ts";
import { changesOf, recordEvent } from "./record.ts";

/**
 * The groups of all its ports that have port security, from now on; running or not. None at all lets nothing in or out.
 * Throws NotFound, InvalidState (being deleted; no port that groups count for).
 */
export async function setSecurityGroups(
  deps: AdmissionDeps,
  actor: Actor,
  ref: InstanceRef,
  securityGroupIds: readonly string[],
): Promise<void> {
  await changeGroups(deps, actor, ref.projectId, async (tx) => {
    const instance = await lockedInstance(tx, actor, ref);
    await requireAllowed(tx, instance, "rename");
    await requireGroups(tx, ref.projectId, securityGroupIds, "securityGroupIds");
    const portIds = await portsOf(tx, ref.id);
    const before = await groupNames(tx, portIds);
    const changed = await differing(tx, portIds, securityGroupIds);
    if (changed.length === 0) return "same";
    await tx.portSecurityGroup.deleteMany({ where: { portId: { in: changed } } });
    await tx.portSecurityGroup.createMany({
      data: changed.flatMap((portId) =>
        [...new Set(securityGroupIds)].map((securityGroupId) => ({ portId, securityGroupId })),
      ),
    });
    await tx.port.updateMany({ where: { id: { in: changed } }, data: { generation: { increment: 1 } } });
    const changes = changesOf({ securityGroups: before }, { securityGroups: await groupNames(tx, portIds) }, [
      "securityGroups",
    ]);
    const subject = subjectOf(instance);
    await recordEvent(tx, { actor, subject, action: "instance.set-security-groups", changes });
    return "changed";
  });
}

async function portsOf(tx: Tx, instanceId: string): Promise<string[]> {
  const ports = await tx.port.findMany({ where: { instanceId }, select: { id: true, portSecurity: true } });
  if (ports.length === 0)
    throw new CloudError("InvalidState", "The instance has no network interface.", { reason: "noInterface" });
  const secured = ports.filter(({ portSecurity }) => portSecurity).map(({ id }) => id);
  if (secured.length === 0)
    throw new CloudError("InvalidState", "Port security is off, so groups don't count.", {
      reason: "portSecurityOff",
    });
  return secured;
}

/** The ports whose groups are others than these. */
async function differing(tx: Tx, portIds: readonly string[], groupIds: readonly string[]): Promise<string[]> {
  const held = await tx.portSecurityGroup.findMany({ where: { portId: { in: [...portIds] } } });
  const wanted = new Set(groupIds);
  return portIds.filter((portId) => {
    const own = held.filter((row) => row.portId === portId);
    return own.length !== wanted.size || own.some(({ securityGroupId }) => !wanted.has(securityGroupId));
  });
}

async function groupNames(tx: Tx, portIds: readonly string[]): Promise<string> {
  const groups = await tx.securityGroup.findMany({
    where: { ports: { some: { portId: { in: [...portIds] } } } },
    select: { name: true },
    orderBy: { name: "asc" },
  });
  return groups.map(({ name }) => name).join(", ");
}
