/** Rows that still need the controller, found by looking: what makes every lost wake only a delay. */
import { notBegun } from "@madang/core/operation/bulk";
import type { Prisma } from "@madang/db";

/** One round's share, drawn by lot: what cannot be helped now must not stand before all others in every round. */
const share = 1_000;

/** What waits for a hypervisor has its own round (`placement/waiting.ts`), which does not run all of a crowd each time. */
export async function unsettledInstances(prisma: Prisma): Promise<string[]> {
  const rows = await prisma.$queryRaw<{ id: string }[]>`
    SELECT i.id::text AS id FROM instance i LEFT JOIN guest g ON g.id = i.active_guest_id
    WHERE NOT (i.active_guest_id IS NULL AND i.delete_requested_at IS NULL AND i.fault IS NULL
        AND i.adopt_guest_id IS NULL AND i.reset_seq = i.observed_reset_seq
        AND coalesce(i.conditions -> 'Scheduled' ->> 'ok' = 'false', false) AND NOT EXISTS (SELECT 1 FROM guest o WHERE o.instance_id = i.id))
      AND (i.observed_generation < i.generation OR i.task_state IS NOT NULL OR i.delete_requested_at IS NOT NULL
      OR i.reset_seq > i.observed_reset_seq
      OR g.acked_generation < g.generation OR g.desired::text <> g.observed::text
      OR EXISTS (SELECT 1 FROM guest o WHERE o.instance_id = i.id AND (o.id <> i.active_guest_id OR i.active_guest_id IS NULL
        OR o.lost_at IS NOT NULL))
      OR EXISTS (SELECT 1 FROM volume_attachment a WHERE a.instance_id = i.id AND (a.phase <> 'attached' OR a.detach_requested_at IS NOT NULL))
      OR EXISTS (SELECT 1 FROM operation p WHERE p.resource_id = i.id AND p.state IN ('pending', 'running')
        AND p.target_generation < ${notBegun}))
    ORDER BY random() LIMIT ${share}`;
  return rows.map(({ id }) => id);
}

/** Volumes of which something is asked that is not so yet. */
export async function unsettledVolumes(prisma: Prisma): Promise<string[]> {
  const rows = await prisma.$queryRaw<{ id: string }[]>`
    SELECT v.id::text AS id FROM volume v
    WHERE v.delete_requested_at IS NOT NULL
      OR (v.hypervisor_id IS NOT NULL AND (v.acked_generation < v.generation OR v.observed <> 'available'))
      OR (v.fault IS NULL AND EXISTS (SELECT 1 FROM hypervisor h WHERE h.id = v.hypervisor_id AND h.revoked_at IS NOT NULL))
      OR (v.hypervisor_id IS NULL AND v.fault IS NULL AND v.source IN ('volume', 'snapshot'))
      OR EXISTS (SELECT 1 FROM volume_snapshot s WHERE s.volume_id = v.id
        AND (s.delete_requested_at IS NOT NULL OR s.observed <> 'available'))
      OR EXISTS (SELECT 1 FROM operation p WHERE p.resource_id = v.id AND p.state IN ('pending', 'running'))
    ORDER BY random() LIMIT ${share}`;
  return rows.map(({ id }) => id);
}

/** Projects of which deletion was asked. */
export async function endingProjects(prisma: Prisma): Promise<string[]> {
  const where = { deleteRequestedAt: { not: null } };
  const rows = await prisma.project.findMany({ where, select: { id: true } });
  return rows.map(({ id }) => id);
}

/** Open operations whose instance or volume is gone: nobody will settle them any more. */
export async function endOrphanedOperations(prisma: Prisma, now: Date): Promise<number> {
  return prisma.$executeRaw`
    UPDATE operation SET state = (CASE WHEN kind IN ('instance.delete', 'volume.delete') THEN 'succeeded' ELSE 'cancelled' END)::operation_state,
      percent = CASE WHEN kind IN ('instance.delete', 'volume.delete') THEN 100 ELSE percent END, finished_at = ${now}
    WHERE state IN ('pending', 'running')
      AND ((resource_kind = 'instance' AND NOT EXISTS (SELECT 1 FROM instance WHERE instance.id = operation.resource_id))
        OR (resource_kind = 'volume' AND NOT EXISTS (SELECT 1 FROM volume WHERE volume.id = operation.resource_id)))`;
}

/** `oldestSeconds`: how long the one that changed least recently has not changed. */
export type Backlog = { unsettled: number; oldestSeconds: number; waitingForHost: number };

/** For figures only: one look at the instances, near enough to what the rounds above would find. */
export async function readBacklog(prisma: Prisma): Promise<Backlog> {
  const [row] = await prisma.$queryRaw<Backlog[]>`
    SELECT count(*) FILTER (WHERE NOT waiting)::int AS unsettled, count(*) FILTER (WHERE waiting)::int AS "waitingForHost",
      coalesce(extract(epoch FROM now() - min(updated_at) FILTER (WHERE NOT waiting)), 0)::float AS "oldestSeconds"
    FROM (SELECT updated_at, active_guest_id IS NULL AND delete_requested_at IS NULL AND fault IS NULL
        AND coalesce(conditions -> 'Scheduled' ->> 'ok' = 'false', false) AS waiting
      FROM instance WHERE observed_generation < generation OR task_state IS NOT NULL OR delete_requested_at IS NOT NULL) i`;
  return row ?? { unsettled: 0, oldestSeconds: 0, waitingForHost: 0 };
}
