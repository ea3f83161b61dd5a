import { CloudError } from "@madang/core/errors";
import type { NetworkSpec } from "@madang/core/network/topology";
import type { Tx } from "@madang/db";

export type Segment = Pick<NetworkSpec, "type" | "external" | "physicalNetwork" | "segmentationId">;

/** Throws InvalidInput where the fields don't fit its type, Conflict where another network has this segment. */
export async function requireFreeSegment(tx: Tx, segment: Segment): Promise<void> {
  const { type, physicalNetwork, segmentationId } = segment;
  requireFitting(segment);
  if (type === "geneve") return;
  // A flat one has no tag, and so no key that would hold it unique.
  await tx.$executeRaw`SELECT pg_advisory_xact_lock(hashtext('network.segment'))`;
  const taken = await tx.network.findFirst({
    where: { physicalNetwork, segmentationId },
    select: { name: true },
  });
  if (!taken) return;
  throw new CloudError("Conflict", "Another network already uses this segment of the physical network.", {
    reason: "segmentTaken",
    params: { network: taken.name },
    field: type === "flat" ? "physicalNetwork" : "segmentationId",
  });
}

function requireFitting({ type, external, physicalNetwork, segmentationId }: Segment): void {
  const faults: [boolean, string, string][] = [
    [external && type === "geneve", "externalNotPhysical", "type"],
    [type !== "geneve" && physicalNetwork === null, "physicalNetworkNeeded", "physicalNetwork"],
    [type === "geneve" && physicalNetwork !== null, "physicalNetworkUnneeded", "physicalNetwork"],
    [type === "vlan" && segmentationId === null, "segmentationIdNeeded", "segmentationId"],
    [type !== "vlan" && segmentationId !== null, "segmentationIdUnneeded", "segmentationId"],
  ];
  const fault = faults.find(([isSo]) => isSo);
  if (!fault) return;
  const [, reason, field] = fault;
  throw new CloudError("InvalidInput", "This does not fit the type of the network.", { reason, field });
}
