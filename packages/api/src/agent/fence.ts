/**
 * What a fence means to the agents of a host. The boot that was fenced is refused for ever: an administrator said that it
 * has ended, and its guests may run elsewhere. Another boot is welcome, but it is told nothing while the fence is only
 * asked for: what it would be told are the old orders, and it would start guests that are about to be given up.
 */
import { CloudError } from "@madang/core/errors";
import type { Database, Hypervisor } from "@madang/db";
import { type Peer, refuseRevoked } from "./peer.ts";

type Fence = Pick<Hypervisor, "fenceRequestedAt" | "fencedAt" | "fencedBootId">;

/** Why a boot of a host is told nothing, or null. `beingFenced` does not keep it from reporting: a sign of life voids the request. */
export function fenceRefusal(fence: Fence, bootId: string): "fenced" | "beingFenced" | null {
  const { fenceRequestedAt, fencedAt, fencedBootId } = fence;
  if (fencedAt !== null && fencedBootId === bootId) return "fenced";
  const pending = fenceRequestedAt !== null && fenceRequestedAt.getTime() !== fencedAt?.getTime();
  return pending ? "beingFenced" : null;
}

/** Throws Forbidden. */
export function refuseFencedBoot({ id, ...fence }: Fence & Pick<Hypervisor, "id">, bootId: string): void {
  if (fenceRefusal(fence, bootId) !== "fenced") return;
  throw new CloudError("Forbidden", "This boot of the hypervisor is fenced.", {
    reason: "fenced",
    detail: `boot ${bootId} of hypervisor ${id} is fenced`,
  });
}

/** Throws Unauthenticated for a revoked agent, Forbidden for a fenced boot, Unavailable (later) while a fence is asked for and not carried out. */
export async function requireUnfenced(
  { prisma }: Database,
  { hypervisorId }: Peer,
  bootId: string,
): Promise<void> {
  const row = await prisma.hypervisor.findUniqueOrThrow({ where: { id: hypervisorId } });
  refuseRevoked(row);
  refuseFencedBoot(row, bootId);
  if (fenceRefusal(row, bootId) === null) return;
  throw new CloudError("Unavailable", "This hypervisor is being fenced.", {
    reason: "beingFenced",
    retry: "later",
  });
}
