/** What a report says of its hypervisor itself. Most say what is known: one look and one statement, without a lock. */
import { CloudError } from "@madang/core/errors";
import type { ReportInput } from "@madang/core/wire/agent";
import { type Hypervisor, lockHypervisor, type Tx, transaction } from "@madang/db";
import type { AgentDeps } from "./deps.ts";
import { refuseFencedBoot } from "./fence.ts";
import { settleOrphanOrders } from "./orphan-order.ts";
import { type Peer, refuseRevoked } from "./peer.ts";
import { staleReport } from "./staleness.ts";

/** Answers how long the hypervisor had been silent, ms; null at its first word. Throws Conflict for a report that came too late, Forbidden for one of a fenced boot, Unauthenticated for a revoked agent's. */
export async function noteReport(deps: AgentDeps, peer: Peer, report: ReportInput): Promise<number | null> {
  const { prisma } = deps.agents;
  const now = deps.agents.now();
  const id = peer.hypervisorId;
  const known = await prisma.hypervisor.findUniqueOrThrow({
    where: { id },
    include: { _count: { select: { orphanOrders: { where: { doneAt: null } } } } },
  });
  requireNews(known, report, now);
  if (known._count.orphanOrders === 0 && (await writeAsSeen(deps, known, report, now)))
    return silence(known, now);
  // Something else happened to the row meanwhile, or more rows than this one are to change.
  return await transaction(prisma, (tx) => writeLocked(tx, id, report, now));
}

/** Throws Unauthenticated, Conflict, Forbidden. */
function requireNews(known: Hypervisor, report: ReportInput, now: Date): void {
  refuseRevoked(known);
  refuseFencedBoot(known, report.bootId);
  const stale = staleReport(known, { ...report, agentStartedAt: new Date(report.agentStartedAt) }, now);
  if (stale)
    throw new CloudError("Conflict", "This report came too late.", { reason: "staleReport", detail: stale });
}

/**
 * Only if the row still is what the report was judged by. Does not wait for the disk: a crashed server loses at most the
 * last moment, and the next report brings it back.
 */
async function writeAsSeen(
  { agents }: AgentDeps,
  known: Hypervisor,
  report: ReportInput,
  now: Date,
): Promise<boolean> {
  const { bootId, sequence, driver, agentVersion, inventory, capabilities, complete, orphans } = report;
  const count = await agents.prisma.$executeRaw`
    WITH careless AS (SELECT set_config('synchronous_commit', 'off', true) AS commits)
    UPDATE hypervisor SET boot_id = ${bootId}::uuid, agent_started_at = ${new Date(report.agentStartedAt)},
      report_sequence = ${BigInt(sequence)}, driver = ${driver}, agent_version = ${agentVersion},
      inventory = ${JSON.stringify(inventory)}::jsonb, capabilities = ${JSON.stringify(capabilities)}::jsonb,
      network = ${report.network ? JSON.stringify(report.network) : null}::jsonb,
      storage = coalesce(${storageOf(report)}::jsonb, storage),
      orphans = CASE WHEN ${complete} THEN ${JSON.stringify(orphans)}::jsonb ELSE orphans END, last_seen_at = ${now}
    FROM careless
    WHERE id = ${known.id}::uuid AND careless.commits = 'off' AND report_sequence = ${known.reportSequence}
      AND agent_started_at IS NOT DISTINCT FROM ${known.agentStartedAt} AND boot_id IS NOT DISTINCT FROM ${known.bootId}::uuid
      AND fenced_at IS NOT DISTINCT FROM ${known.fencedAt} AND revoked_at IS NULL`;
  return count === 1;
}

async function writeLocked(tx: Tx, id: string, report: ReportInput, now: Date): Promise<number | null> {
  await lockHypervisor(tx, id);
  const known = await tx.hypervisor.findUniqueOrThrow({ where: { id } });
  requireNews(known, report, now);
  const { bootId, sequence, driver, agentVersion, inventory, capabilities, complete, orphans } = report;
  // An agent that cannot yet tell who is an orphan says nothing of them by leaving them out.
  if (complete) await settleOrphanOrders(tx, known, orphans, now);
  await tx.hypervisor.update({
    where: { id },
    data: {
      bootId,
      agentStartedAt: new Date(report.agentStartedAt),
      reportSequence: BigInt(sequence),
      driver,
      agentVersion,
      inventory,
      capabilities,
      ...(report.network ? { network: report.network } : {}),
      ...(report.storage ? { storage: { pools: report.storage.pools } } : {}),
      ...(complete ? { orphans } : {}),
      lastSeenAt: now,
    },
  });
  return silence(known, now);
}

/** null: an agent that has not looked yet says nothing, and what it said before stands. What is there that nobody asked for has rows of its own. */
const storageOf = ({ storage }: ReportInput): string | null =>
  storage ? JSON.stringify({ pools: storage.pools }) : null;

const silence = ({ lastSeenAt }: Hypervisor, now: Date): number | null =>
  lastSeenAt && now.getTime() - lastSeenAt.getTime();
