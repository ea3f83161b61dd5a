/**
 * Tells the trail when a hypervisor comes and goes, and carries out fences. There is no stored state to disagree with:
 * the last word of the trail is compared with what lastSeenAt says now, under the hypervisor's lock, so several
 * controllers say it once.
 */
import { downAfterMs } from "@madang/core/hypervisor/state";
import {
  appendEvent,
  type HintTopic,
  type Hypervisor,
  lockHypervisor,
  lockInstances,
  type Prisma,
  type Tx,
  transaction,
  writeStatus,
} from "@madang/db";
import { type HypervisorFacts, type PresenceWord, planHypervisor } from "./hypervisor.plan.ts";
import { controllerActor } from "./record.ts";

export type PresenceDeps = {
  prisma: Prisma;
  publish: (...topics: HintTopic[]) => void;
  now: () => Date;
  /** What went wrong with one of them keeps nobody from the others. */
  onFailure: (error: unknown, hypervisorId: string) => void;
};
export type PresenceChange = {
  hypervisorId: string;
  name: string;
  action: PresenceWord | "hypervisor.fenced" | "hypervisor.fence-refused";
  /** The instances that lost their guest with it: they want to be looked at. */
  lost: string[];
};

/** A fence writes every guest of a host at once, ms. */
const fenceTimeoutMs = 60_000;

/** The hypervisors of which there is something new, each brought on by one step. */
export async function reconcileHypervisors(deps: PresenceDeps): Promise<PresenceChange[]> {
  const hypervisors = await deps.prisma.hypervisor.findMany();
  const said = await lastWords(deps.prisma, null);
  const due = hypervisors.filter(
    (row) => planHypervisor(factsOf(row, wordOf(said, row.id), deps.now())).kind !== "done",
  );
  const changes: PresenceChange[] = [];
  for (const { id } of due) {
    const work = (tx: Tx) => takeStep(tx, id, deps.now());
    const change = await transaction(deps.prisma, work, fenceTimeoutMs).catch((error: unknown) => {
      deps.onFailure(error, id);
      return null;
    });
    if (change) changes.push(change);
  }
  if (changes.length > 0) deps.publish("event");
  return changes;
}

/** Instances before the hypervisor, as the order of locks wants it; who came in between is found in the next round. */
async function takeStep(tx: Tx, id: string, now: Date): Promise<PresenceChange | null> {
  const { fenceRequestedAt, fencedAt } = await tx.hypervisor.findUniqueOrThrow({ where: { id } });
  const fencing = isRequested({ fenceRequestedAt, fencedAt });
  const locked = new Set(fencing ? await instancesOn(tx, id) : []);
  await lockInstances(tx, [...locked]);
  if (!(await lockHypervisor(tx, id))) return null;
  const row = await tx.hypervisor.findUniqueOrThrow({ where: { id } });
  const step = planHypervisor(factsOf(row, wordOf(await lastWords(tx, id), id), now));
  if (step.kind === "done") return null;
  if (step.kind === "say") return record(tx, row, step.action, []);
  if (step.kind === "refuse-fence") return refuseFence(tx, row);
  const lost = await instancesOn(tx, id);
  return lost.every((instanceId) => locked.has(instanceId)) ? fence(tx, row, lost, now) : null;
}

async function instancesOn(tx: Tx, hypervisorId: string): Promise<string[]> {
  const guests = await tx.guest.findMany({ where: { hypervisorId }, select: { instanceId: true } });
  return [...new Set(guests.map(({ instanceId }) => instanceId))];
}

/** All at once, or a returning host could fetch its old orders in between. fencedAt says which request it was. */
async function fence(tx: Tx, row: Hypervisor, lost: string[], now: Date): Promise<PresenceChange> {
  await tx.hypervisor.update({
    where: { id: row.id },
    data: { fencedAt: row.fenceRequestedAt, fencedBootId: row.bootId },
  });
  await tx.guest.updateMany({
    where: { hypervisorId: row.id, lostAt: null },
    data: { lostAt: now, desired: "absent", generation: { increment: 1 } },
  });
  for (const instanceId of lost) await writeStatus(tx, instanceId);
  return record(tx, row, "hypervisor.fenced", lost);
}

/** The request is answered, but no boot was ended by it. */
async function refuseFence(tx: Tx, row: Hypervisor): Promise<PresenceChange> {
  await tx.hypervisor.update({
    where: { id: row.id },
    data: { fencedAt: row.fenceRequestedAt },
  });
  return record(tx, row, "hypervisor.fence-refused", []);
}

async function record(
  tx: Tx,
  { id, name }: Hypervisor,
  action: PresenceChange["action"],
  lost: string[],
): Promise<PresenceChange> {
  await appendEvent(tx, {
    ...controllerActor,
    resourceKind: "hypervisor",
    resourceId: id,
    resourceName: name,
    action,
    result: action === "hypervisor.fence-refused" ? "failed" : "succeeded",
  });
  return { hypervisorId: id, name, action, lost };
}

/** Compared for equality alone: two clocks have a say in it. */
function isRequested({ fenceRequestedAt, fencedAt }: Pick<Hypervisor, "fenceRequestedAt" | "fencedAt">) {
  return fenceRequestedAt !== null && fenceRequestedAt.getTime() !== fencedAt?.getTime();
}

function factsOf(row: Hypervisor, said: PresenceWord, now: Date): HypervisorFacts {
  const seenAt = row.lastSeenAt?.getTime() ?? 0;
  return {
    present: now.getTime() - seenAt <= downAfterMs,
    told: row.revokedAt === null && row.lastSeenAt !== null,
    said,
    fenceRequested: isRequested(row),
    seenSince: seenAt > (row.fenceRequestedAt?.getTime() ?? Number.POSITIVE_INFINITY),
  };
}

type Word = { id: string; action: PresenceWord };

/** One index look-up a hypervisor. */
async function lastWords(tx: Pick<Tx, "$queryRaw">, id: string | null): Promise<Word[]> {
  return tx.$queryRaw<Word[]>`
    SELECT h.id::text AS id, said.action FROM hypervisor h CROSS JOIN LATERAL (
      SELECT action FROM event WHERE resource_id = h.id AND action IN ('hypervisor.up', 'hypervisor.down')
      ORDER BY created_at DESC, id DESC LIMIT 1) AS said
    WHERE ${id}::uuid IS NULL OR h.id = ${id}::uuid`;
}

/** Never spoken of is the same as down: a new hypervisor's first report makes it up. */
function wordOf(words: readonly Word[], id: string): PresenceWord {
  return words.find((word) => word.id === id)?.action ?? "hypervisor.down";
}
