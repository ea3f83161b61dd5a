/** A report becomes rows: only the columns that are the agents' (schema.prisma, H), each guest in its own transaction. */
import { downAfterMs } from "@madang/core/hypervisor/state";
import type { ReportInput } from "@madang/core/wire/agent";
import type { GuestReport } from "@madang/core/wire/guest";
import { type Guest, PrismaNamespace, type Tx, transaction, wake, writeStatus } from "@madang/db";
import PQueue from "p-queue";
import { canonical } from "./canonical.ts";
import type { AgentDeps } from "./deps.ts";
import { recordUnexpectedStop } from "./guest-event.ts";
import { ingestVolumes } from "./ingest-volume.ts";
import { noteOrphanVolumes } from "./orphan-volumes.ts";
import type { Peer } from "./peer.ts";
import { noteReport } from "./sign-of-life.ts";
import { countsForGuest } from "./staleness.ts";

/** Transactions that one report may run at once. */
const atOnce = 4;

/** Throws Conflict for a report that came too late. */
export async function ingestReport(deps: AgentDeps, peer: Peer, report: ReportInput): Promise<void> {
  const silentMs = await noteReport(deps, peer, report);
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
      .map((guest) => () => ingestGuest(deps, known.get(guest.guestId)?.instanceId ?? "", guest, report)),
  );
  await ingestVolumes(deps, peer, report);
  await noteOrphanVolumes(deps, peer, report);
}

type Fields = Pick<
  Guest,
  "observed" | "ackedGeneration" | "observedRebootSeq" | "stopCause" | "phase" | "percent" | "fault" | "disks"
>;

function fieldsOf(report: GuestReport): Fields {
  const { observed, generation, rebootSeq, stopCause, phase, percent, fault, disks } = report;
  return {
    observed,
    ackedGeneration: generation,
    observedRebootSeq: rebootSeq,
    stopCause,
    phase,
    percent,
    fault,
    disks: disks?.toSorted() ?? null,
  };
}

function knownFields(guest: Guest): Fields {
  const { observed, ackedGeneration, observedRebootSeq, stopCause, phase, percent, fault, disks } = guest;
  return { observed, ackedGeneration, observedRebootSeq, stopCause, phase, percent, fault, disks };
}

/** Most reports say what is known: those cost one read for all guests, and no lock. */
function isNews(known: Guest | undefined, report: GuestReport): boolean {
  if (!known || !countsForGuest(known, report.generation)) return false;
  return canonical(knownFields(known)) !== canonical(fieldsOf(report));
}

/**
 * Locks the instance, and does not wait for the disk at the commit: what a crashed server loses of a report, the next one
 * says again, and nobody can have built on it, for a later durable commit makes all earlier ones durable.
 */
async function lockWithoutWaiting(tx: Tx, instanceId: string): Promise<boolean> {
  const rows = await tx.$queryRaw<unknown[]>`
    SELECT set_config('synchronous_commit', 'off', true) FROM instance WHERE id = ${instanceId}::uuid FOR UPDATE`;
  return rows.length === 1;
}

/** Of which no newer report was taken while this guest waited for its turn: what that one says must stand. */
function stillNewest({ agentStartedAt, sequence }: ReportInput) {
  return { agentStartedAt: new Date(agentStartedAt), reportSequence: BigInt(sequence) };
}

async function ingestGuest(
  deps: AgentDeps,
  instanceId: string,
  report: GuestReport,
  whole: ReportInput,
): Promise<void> {
  const taken = await transaction(deps.agents.prisma, async (tx) => {
    if (!(await lockWithoutWaiting(tx, instanceId))) return null;
    const guest = await tx.guest.findUnique({ where: { id: report.guestId }, include: { instance: true } });
    if (!guest || !isNews(guest, report)) return null;
    const { fault, disks, ...fields } = fieldsOf(report);
    const data = {
      ...fields,
      disks: disks ?? PrismaNamespace.DbNull,
      fault: fault ?? PrismaNamespace.DbNull,
      reportedAt: deps.agents.now(),
    };
    const where = { id: guest.id, hypervisor: stillNewest(whole) };
    if ((await tx.guest.updateMany({ where, data })).count === 0) return null;
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
