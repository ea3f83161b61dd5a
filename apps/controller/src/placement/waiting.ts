/**
 * Instances that wait for a hypervisor. Not each of them looks again and again: one round looks once for all of them and
 * wakes those there is room for, oldest first, those whose time is over, and a few whose reason has grown old. So a
 * crowd that waits costs the same as one.
 */
import { plus } from "@madang/core/hypervisor/capacity";
import { type Candidate, canPlace } from "@madang/core/hypervisor/placement";
import { type Instance, type PlacementBoard, type Prisma, PrismaNamespace } from "@madang/db";
import { placementRequest, type VolumeWishes } from "./request.ts";

/** Of one shape and one round; the next round goes on. */
const oldestOfShape = 200;
const overdueShare = 200;
/** The reason shown is at most this old as long as no more than `refreshShare` wait for each round of 2 s, ms. */
const refreshMs = 10_000;
const refreshShare = 20;

/** Instances that ask for exactly the same, oldest first. */
export type WaitingShape = Pick<
  Instance,
  | "vcpus"
  | "ramMib"
  | "diskGib"
  | "imageSource"
  | "hardware"
  | "availabilityZone"
  | "requiredProperties"
  | "excludedHypervisors"
> &
  VolumeWishes & { ports: string[]; waiting: { id: string; since: number }[] };

type Deps = { prisma: Prisma; board: PlacementBoard; now: () => Date };

/** The instances to wake now. */
export async function wakeableInstances({ prisma, board, now }: Deps): Promise<string[]> {
  const [shapes, others] = await Promise.all([waitingShapes(prisma), overdueAndStale(prisma, now())]);
  if (shapes.length === 0) return others;
  const { candidates } = await board.read(0);
  return [...new Set([...roomFor(shapes, candidates), ...others])];
}

/** Who would find room if the oldest went first and each took what it asks for. */
export function roomFor(shapes: readonly WaitingShape[], candidates: readonly Candidate[]): string[] {
  const rooms = [...candidates];
  const requests = shapes.map((shape) => placementRequest(shape, candidates));
  const possible = shapes.flatMap((shape, index) => {
    const request = requests[index];
    return request && canPlace(rooms, request) ? shape.waiting.map((one) => ({ ...one, request })) : [];
  });
  const full = new Set<object>();
  return possible
    .toSorted((left, right) => left.since - right.since)
    .filter(({ request }) => {
      if (full.has(request)) return false;
      const index = rooms.findIndex((room) => canPlace([room], request));
      const room = rooms[index];
      if (room) rooms[index] = { ...room, used: plus(room.used, request.amounts) };
      else full.add(request);
      return room !== undefined;
    })
    .map(({ id }) => id);
}

const waits = PrismaNamespace.sql`i.active_guest_id IS NULL AND i.delete_requested_at IS NULL AND i.fault IS NULL
  AND i.adopt_guest_id IS NULL AND NOT EXISTS (SELECT 1 FROM guest g WHERE g.instance_id = i.id)`;

/** Whether it has any, and not how many, is what placement asks. */
const anyPort = PrismaNamespace.sql`ARRAY(SELECT 'any' FROM port p WHERE p.instance_id = i.id LIMIT 1)`;

const itsVolumes = PrismaNamespace.sql`FROM volume_attachment a JOIN volume v ON v.id = a.volume_id WHERE a.instance_id = i.id`;

/** Where its volumes are; one says it for all. */
const volumeHosts = PrismaNamespace.sql`ARRAY(SELECT v.hypervisor_id::text ${itsVolumes} ORDER BY v.hypervisor_id NULLS LAST LIMIT 1)`;
const volumesGib = PrismaNamespace.sql`(SELECT coalesce(sum(v.size_gib), 0)::float8 ${itsVolumes} AND v.hypervisor_id IS NULL)`;
const volumeZone = PrismaNamespace.sql`(SELECT min(v.availability_zone) ${itsVolumes} AND v.hypervisor_id IS NULL)`;
/** A copy is where its origin is, which its own reconciler writes down; before that nobody knows where the instance goes. */
const knowsWhere = PrismaNamespace.sql`NOT EXISTS (SELECT 1 ${itsVolumes} AND v.hypervisor_id IS NULL
  AND v.source IN ('volume', 'snapshot'))`;

function waitingShapes(prisma: Prisma): Promise<WaitingShape[]> {
  return prisma.$queryRaw<WaitingShape[]>`
    SELECT vcpus, "ramMib", "diskGib", "imageSource", hardware, "availabilityZone", "requiredProperties", "excludedHypervisors", ports, "volumeHosts",
      "volumesGib", "volumeZone",
      json_agg(json_build_object('id', id, 'since', since) ORDER BY since) AS waiting
    FROM (SELECT i.id, i.vcpus, i.ram_mib AS "ramMib", i.disk_gib AS "diskGib", i.image_source AS "imageSource", i.hardware,
        i.availability_zone AS "availabilityZone", i.required_properties AS "requiredProperties",
        i.excluded_hypervisors::text[] AS "excludedHypervisors", ${anyPort} AS ports, ${volumeHosts} AS "volumeHosts",
        ${volumesGib} AS "volumesGib", ${volumeZone} AS "volumeZone", extract(epoch FROM i.created_at)::float8 AS since,
        row_number() OVER (PARTITION BY i.vcpus, i.ram_mib, i.disk_gib, i.image_source, i.hardware, i.availability_zone,
          i.required_properties, i.excluded_hypervisors, ${anyPort}, ${volumeHosts}, ${volumesGib}, ${volumeZone} ORDER BY i.created_at) AS place
      FROM instance i WHERE ${waits} AND ${knowsWhere}) AS ranked
    WHERE place <= ${oldestOfShape} GROUP BY 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12`;
}

async function overdueAndStale(prisma: Prisma, now: Date): Promise<string[]> {
  const old = new Date(now.getTime() - refreshMs);
  const rows = await prisma.$queryRaw<{ id: string }[]>`
    (SELECT i.id::text AS id FROM instance i WHERE ${waits} AND i.launched_at IS NULL AND i.schedule_deadline <= ${now}
      ORDER BY i.schedule_deadline LIMIT ${overdueShare})
    UNION
    (SELECT i.id::text FROM instance i WHERE ${waits} AND i.updated_at <= ${old} ORDER BY i.updated_at LIMIT ${refreshShare})`;
  return rows.map(({ id }) => id);
}
