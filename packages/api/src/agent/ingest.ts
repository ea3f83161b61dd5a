/** A report becomes rows: only the columns that are the agents' (schema.prisma, H), each guest in its own transaction. */
import { CloudError } from "@madang/core/errors";
import { downAfterMs } from "@madang/core/hypervisor/state";
import type { ReportInput } from "@madang/core/wire/agent";
import type { GuestReport } from "@madang/core/wire/guest";
import {
  type Guest,
  lockHypervisor,
  lockInstance,
  PrismaNamespace,
  type Tx,
  transaction,
  wake,
  writeStatus,
} from "@madang/db";
import PQueue from "p-queue";
import type { AgentDeps } from "./deps.ts";
import { refuseFencedBoot } from "./fence.ts";
import { recordUnexpectedStop } from "./guest-event.ts";
import { settleOrphanOrders } from "./orphan-order.ts";
import type { Peer } from "./peer.ts";
import { countsForGuest, staleReport } from "./staleness.ts";

/** Transactions that one report may run at once. */
const atOnce = 4;

/** Throws Conflict for a report that came too late. */
export async function ingestReport(deps: AgentDeps, peer: Peer, report: ReportInput): Promise<void> {
  const silentMs = await transaction(deps.agents.prisma, (tx) =>
    writeHypervisor(tx, peer, report, deps.agents.now()),
  );
  if (silentMs !== null) deps.meter.reported(silentMs / 1_000);
  if (silentMs === null || silentMs > downAfterMs) deps.hints.publish("capacity");
  // The last word on each: a report that repeats one guest must not cost a transaction a time.
  const said = new Map(report.guests.map((guest) => [guest.guestId, guest]));
  const rows = await deps.agents.prisma.guest.findMany({
    where: { hypervisorId: peer.hypervisorId, id: { in: [...said.keys()] } },
  });
  const known = new Map(rows.map((row) => [row.id, row]));
  const queue = new PQueue({ concurrency: atOnce });
  await queue.addAll(
    [...said.values()]
      .filter((guest) => isNews(known.get(guest.guestId), guest))
      .map((guest) => () => ingestGuest(deps, known.get(guest.guestId)?.instanceId ?? "", guest)),
  );
}

/** Answers how long the hypervisor had been silent, ms; null at its first word. */
async function writeHypervisor(tx: Tx, peer: Peer, report: ReportInput, now: Date): Promise<number | null> {
  const id = peer.hypervisorId;
  await lockHypervisor(tx, id);
  const known = await tx.hypervisor.findUniqueOrThrow({ where: { id } });
  const agentStartedAt = new Date(report.agentStartedAt);
  refuseFencedBoot(known, report.bootId);
  const stale = staleReport(known, { ...report, agentStartedAt }, now);
  if (stale)
    throw new CloudError("Conflict", "This report came too late.", { reason: "staleReport", detail: stale });
  const { bootId, sequence, driver, agentVersion, inventory, capabilities, complete, orphans } = report;
  // An agent that cannot yet tell who is an orphan says nothing of them by leaving them out.
  if (complete) await settleOrphanOrders(tx, known, orphans, now);
  await tx.hypervisor.update({
    where: { id },
    data: {
      bootId,
      agentStartedAt,
      reportSequence: BigInt(sequence),
      driver,
      agentVersion,
      inventory,
      capabilities,
      ...(complete ? { orphans } : {}),
      lastSeenAt: now,
    },
  });
  return known.lastSeenAt && now.getTime() - known.lastSeenAt.getTime();
}

type Fields = Pick<
  Guest,
  "observed" | "ackedGeneration" | "observedRebootSeq" | "stopCause" | "phase" | "percent" | "fault"
>;

function fieldsOf(report: GuestReport): Fields {
  const { observed, generation, rebootSeq, stopCause, phase, percent, fault } = report;
  return {
    observed,
    ackedGeneration: generation,
    observedRebootSeq: rebootSeq,
    stopCause,
    phase,
    percent,
    fault,
  };
}

function knownFields(guest: Guest): Fields {
  const { observed, ackedGeneration, observedRebootSeq, stopCause, phase, percent, fault } = guest;
  return { observed, ackedGeneration, observedRebootSeq, stopCause, phase, percent, fault };
}

/** Most reports say what is known: those cost one read for all guests, and no lock. */
function isNews(known: Guest | undefined, report: GuestReport): boolean {
  if (!known || !countsForGuest(known, report.generation)) return false;
  return canonical(knownFields(known)) !== canonical(fieldsOf(report));
}

/** PostgreSQL keeps no order of keys. */
function canonical(value: unknown): string {
  return JSON.stringify(value, (_key, part: unknown) =>
    typeof part === "object" && part !== null && !Array.isArray(part)
      ? Object.fromEntries(Object.entries(part).toSorted(([left], [right]) => left.localeCompare(right)))
      : part,
  );
}

async function ingestGuest(deps: AgentDeps, instanceId: string, report: GuestReport): Promise<void> {
  const taken = await transaction(deps.agents.prisma, async (tx) => {
    if (!(await lockInstance(tx, instanceId))) return null;
    const guest = await tx.guest.findUnique({ where: { id: report.guestId }, include: { instance: true } });
    if (!guest || !isNews(guest, report)) return null;
    const { fault, ...fields } = fieldsOf(report);
    const data = { ...fields, fault: fault ?? PrismaNamespace.DbNull, reportedAt: deps.agents.now() };
    await tx.guest.update({ where: { id: guest.id }, data });
    await writeStatus(tx, instanceId);
    await recordUnexpectedStop(tx, guest, report);
    await wake(deps.boss, tx, "instance", instanceId);
    return guest;
  });
  if (!taken) return;
  deps.hints.publish("event", `touched:${taken.instance.projectId}:instance:${instanceId}`);
  const { guestId, generation, observed, phase } = report;
  const { hypervisorId, operationId } = taken;
  deps.log.debug(
    { hypervisorId, instanceId, guestId, operationId, generation, observed, phase },
    "guest reported",
  );
}
