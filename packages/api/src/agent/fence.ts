/**
 * What a fence means to the agents of a host. The boot that was fenced is refused for ever: an administrator said that it
 * has ended, and its guests may run elsewhere. Another boot is welcome, but it is told nothing while the fence is only
 * asked for: what it would be told are the old orders, and it would start guests that are about to be given up.
 */
import { CloudError } from "@madang/core/errors";
import type { Database, Hypervisor } from "@madang/db";
import type { Peer } from "./peer.ts";

/** Throws Forbidden. */
export function refuseFencedBoot(
  { id, fencedAt, fencedBootId }: Pick<Hypervisor, "id" | "fencedAt" | "fencedBootId">,
  bootId: string,
): void {
  if (fencedAt === null || fencedBootId !== bootId) return;
  throw new CloudError("Forbidden", "This boot of the hypervisor is fenced.", {
    reason: "fenced",
    detail: `boot ${bootId} of hypervisor ${id} is fenced`,
  });
}

/** Throws Forbidden for a fenced boot, Unavailable (later) while a fence is asked for and not carried out. */
export async function requireUnfenced(
  { prisma }: Database,
  { hypervisorId }: Peer,
  bootId: string,
): Promise<void> {
  const row = await prisma.hypervisor.findUniqueOrThrow({ where: { id: hypervisorId } });
  refuseFencedBoot(row, bootId);
  if (row.fenceRequestedAt === null || row.fenceRequestedAt.getTime() === row.fencedAt?.getTime()) return;
  throw new CloudError("Unavailable", "This hypervisor is being fenced.", {
    reason: "beingFenced",
    retry: "later",
  });
}
