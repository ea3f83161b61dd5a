/**
 * Tells the trail when a hypervisor comes and goes. There is no stored state to disagree with: the last word of the
 * trail is compared with what lastSeenAt says now, under the hypervisor's lock, so several controllers say it once.
 */
import { downAfterMs } from "@madang/core/hypervisor/state";
import {
  appendEvent,
  type HintTopic,
  type Hypervisor,
  lockHypervisor,
  type Prisma,
  type Tx,
  transaction,
} from "@madang/db";
import { controllerActor } from "./record.ts";

export type PresenceDeps = {
  prisma: Prisma;
  publish: (...topics: HintTopic[]) => void;
  now: () => Date;
};
export type PresenceChange = {
  hypervisorId: string;
  name: string;
  action: "hypervisor.up" | "hypervisor.down";
};

/** The hypervisors whose presence changed since the trail last spoke of it. */
export async function recordPresence(deps: PresenceDeps): Promise<PresenceChange[]> {
  const hypervisors = await deps.prisma.hypervisor.findMany({
    where: { revokedAt: null, lastSeenAt: { not: null } },
  });
  const said = await lastWords(deps.prisma, null);
  const changed = hypervisors.filter((row) => presence(row, deps.now()) !== wordOf(said, row.id));
  const changes: PresenceChange[] = [];
  for (const row of changed) {
    const action = await transaction(deps.prisma, (tx) => recordOne(tx, row.id, deps.now()));
    if (action) changes.push({ hypervisorId: row.id, name: row.name, action });
  }
  if (changes.length > 0) deps.publish("event");
  return changes;
}

async function recordOne(tx: Tx, id: string, now: Date): Promise<PresenceChange["action"] | null> {
  if (!(await lockHypervisor(tx, id))) return null;
  const row = await tx.hypervisor.findUniqueOrThrow({ where: { id } });
  const action = presence(row, now);
  if (action === wordOf(await lastWords(tx, id), id)) return null;
  await appendEvent(tx, {
    ...controllerActor,
    resourceKind: "hypervisor",
    resourceId: row.id,
    resourceName: row.name,
    action,
    result: "succeeded",
  });
  return action;
}

function presence(row: Hypervisor, now: Date): PresenceChange["action"] {
  const silence = now.getTime() - (row.lastSeenAt?.getTime() ?? 0);
  return silence > downAfterMs ? "hypervisor.down" : "hypervisor.up";
}

type Word = { id: string; action: string };

/** One index look-up a hypervisor. */
async function lastWords(tx: Pick<Tx, "$queryRaw">, id: string | null): Promise<Word[]> {
  return tx.$queryRaw<Word[]>`
    SELECT h.id::text AS id, said.action FROM hypervisor h CROSS JOIN LATERAL (
      SELECT action FROM event WHERE resource_id = h.id AND action IN ('hypervisor.up', 'hypervisor.down')
      ORDER BY created_at DESC, id DESC LIMIT 1) AS said
    WHERE ${id}::uuid IS NULL OR h.id = ${id}::uuid`;
}

/** Never spoken of is the same as down: a new hypervisor's first report makes it up. */
function wordOf(words: readonly Word[], id: string): string {
  return words.find((word) => word.id === id)?.action ?? "hypervisor.down";
}
