/**
 * What came of a pass, in the controller's own columns. Only what differs is written, in one statement a table; a row that
 * somebody has locked is left for the next pass, for its wish is about to change anyway and no verb should wait for this.
 */
import type { PublicError } from "@madang/core/errors";
import {
  appendEvents,
  type HintTopic,
  type NewEvent,
  PrismaNamespace,
  type Tx,
  transaction,
  wakeAll,
} from "@madang/db";
import type { NetworkObservation } from "@madang/drivers/network/driver";
import { unmet } from "./condition.ts";
import {
  isSurprise,
  newlyRealised,
  nothingRefused,
  type PortChange,
  portChanges,
  type RefusedRows,
  type RouterChange,
  routerChanges,
} from "./network.plan.ts";
import type { NetworkDeps } from "./network.ts";
import type { FloatingIpRow, NetworkReading, OwnedRow, PortRow, RouterRow } from "./network.view.ts";
import { controllerActor } from "./record.ts";

const { sql, raw } = PrismaNamespace;

type Deps = Pick<NetworkDeps, "database" | "boss" | "publish">;

/** Nothing of what was refused is true of these rows. */
const without = <T extends { id: string }>(rows: readonly T[], refused: ReadonlySet<string>): readonly T[] =>
  refused.size === 0 ? rows : rows.filter(({ id }) => !refused.has(id));

/** `skipped`: rows that differed and were locked, changed or gone when they were to be written. */
export type Recorded = { written: number; skipped: number };

type Differences = {
  networks: OwnedRow[];
  securityGroups: OwnedRow[];
  floatingIps: FloatingIpRow[];
  routers: RouterChange<RouterRow>[];
  ports: PortChange<PortRow>[];
};

export async function recordRealised(
  deps: Deps,
  reading: NetworkReading,
  observation: NetworkObservation,
  refused: RefusedRows = nothingRefused,
): Promise<Recorded> {
  const routers = without(reading.routers, refused.routers);
  const found: Differences = {
    networks: newlyRealised(without(reading.networks, refused.networks)),
    securityGroups: newlyRealised(without(reading.securityGroups, refused.securityGroups)),
    floatingIps: newlyRealised(without(reading.floatingIps, refused.floatingIps)),
    routers: routerChanges(routers, observation, reading.topology.chassis),
    ports: portChanges(without(reading.ports, refused.ports), observation),
  };
  const due = countOf(found);
  if (due === 0) return { written: 0, skipped: 0 };
  const { prisma } = deps.database;
  const written = await transaction(prisma, (tx) => writeAll(tx, deps, found));
  const bound = instancesOf(written);
  // After the ports' locks are free: everybody else takes an instance's before its ports'.
  if (bound.length > 0) await transaction(prisma, (tx) => forgetFault(tx, bound));
  deps.publish(...topicsOf(written));
  return { written: countOf(written), skipped: due - countOf(written) };
}

const countOf = (rows: Differences) => Object.values(rows).reduce((sum, list) => sum + list.length, 0);

/** Answers what of it was written. */
async function writeAll(tx: Tx, { boss }: Deps, found: Differences): Promise<Differences> {
  const written: Differences = {
    networks: await writeRealised(tx, "network", found.networks),
    securityGroups: await writeRealised(tx, "security_group", found.securityGroups),
    floatingIps: await writeRealised(tx, "floating_ip", found.floatingIps),
    routers: await writeRouters(tx, found.routers),
    ports: await writePorts(tx, found.ports),
  };
  const bound = instancesOf(written);
  if (bound.length > 0) await wakeAll(boss, tx, "instance", bound);
  const events = eventsOf(written);
  if (events.length > 0) await appendEvents(tx, events);
  return written;
}

/** Whose wait for a port may be over. */
function instancesOf({ ports }: Differences): string[] {
  const bound = ports.filter((change) => change.bound);
  return [...new Set(bound.flatMap(({ port }) => port.instanceId ?? []))];
}

type Written = { id: string };

async function writeRealised<T extends OwnedRow>(
  tx: Tx,
  table: "network" | "security_group" | "floating_ip",
  rows: readonly T[],
): Promise<T[]> {
  if (rows.length === 0) return [];
  const name = raw(table);
  const ids = rows.map(({ id }) => id);
  const generations = rows.map(({ generation }) => generation);
  const done = await tx.$queryRaw<Written[]>(sql`
    WITH free AS (SELECT id FROM ${name} WHERE id = ANY(${ids}::uuid[]) ORDER BY id FOR NO KEY UPDATE SKIP LOCKED)
    UPDATE ${name} t SET realised_generation = v.generation
    FROM unnest(${ids}::uuid[], ${generations}::int[]) AS v(id, generation), free
    WHERE t.id = v.id AND free.id = t.id AND t.realised_generation < v.generation RETURNING t.id::text AS id`);
  const kept = new Set(done.map(({ id }) => id));
  return rows.filter(({ id }) => kept.has(id));
}

async function writeRouters(tx: Tx, changes: Differences["routers"]): Promise<Differences["routers"]> {
  if (changes.length === 0) return [];
  const ids = changes.map(({ router }) => router.id);
  const generations = changes.map(({ router }) => router.generation);
  const gateways = changes.map(({ gateway }) => gateway);
  const done = await tx.$queryRaw<Written[]>`
    WITH free AS (SELECT id FROM router WHERE id = ANY(${ids}::uuid[]) ORDER BY id FOR NO KEY UPDATE SKIP LOCKED)
    UPDATE router t SET realised_generation = greatest(t.realised_generation, v.generation),
      gateway_hypervisor_id = v.gateway
    FROM unnest(${ids}::uuid[], ${generations}::int[], ${gateways}::uuid[]) AS v(id, generation, gateway), free
    WHERE t.id = v.id AND free.id = t.id RETURNING t.id::text AS id`;
  const kept = new Set(done.map(({ id }) => id));
  return changes.filter(({ router }) => kept.has(router.id));
}

/**
 * Only where the port is still bound as it was when it was read: a pass that another controller's has overtaken says
 * nothing of where a port is.
 */
async function writePorts(tx: Tx, changes: Differences["ports"]): Promise<Differences["ports"]> {
  if (changes.length === 0) return [];
  const ports = changes.map(({ port }) => port);
  const ids = ports.map(({ id }) => id);
  const generations = ports.map(({ generation }) => generation);
  const before = ports.map(({ realisedHypervisorId }) => realisedHypervisorId);
  const bound = ports.map(({ hypervisorId }) => hypervisorId);
  const ups = changes.map(({ up }) => up);
  const done = await tx.$queryRaw<Written[]>`
    WITH free AS (SELECT id FROM port WHERE id = ANY(${ids}::uuid[]) ORDER BY id FOR NO KEY UPDATE SKIP LOCKED)
    UPDATE port t SET realised_generation = greatest(t.realised_generation, v.generation),
      realised_hypervisor_id = v.bound, up = v.up
    FROM unnest(${ids}::uuid[], ${generations}::int[], ${before}::uuid[], ${bound}::uuid[], ${ups}::bool[])
      AS v(id, generation, before, bound, up), free
    WHERE t.id = v.id AND free.id = t.id AND t.realised_hypervisor_id IS NOT DISTINCT FROM v.before
    RETURNING t.id::text AS id`;
  const kept = new Set(done.map(({ id }) => id));
  return changes.filter(({ port }) => kept.has(port.id));
}

/**
 * Instances that wait for their ports say why, while the network does not take what it is told; `ports`: only those that
 * wait for one of them. Whoever is locked says it after the next pass.
 */
export async function recordFault(
  { database, publish }: Pick<Deps, "database" | "publish">,
  fault: PublicError,
  ports: ReadonlySet<string> | null = null,
): Promise<void> {
  const condition = JSON.stringify({ PortsBound: unmet(fault) });
  const only = ports && [...ports];
  const told = await database.prisma.$queryRaw<{ id: string; projectId: string }[]>`
    WITH free AS (SELECT id FROM instance i
      WHERE i.conditions -> 'PortsBound' ->> 'reason' IS DISTINCT FROM ${fault.reason}
        AND EXISTS (SELECT 1 FROM port p LEFT JOIN guest g ON g.id = i.active_guest_id WHERE p.instance_id = i.id
          AND (${only}::uuid[] IS NULL OR p.id = ANY(${only}::uuid[]))
          AND (p.realised_generation < p.generation OR p.realised_hypervisor_id IS DISTINCT FROM g.hypervisor_id))
      ORDER BY id FOR NO KEY UPDATE SKIP LOCKED)
    UPDATE instance i SET conditions = conditions || ${condition}::jsonb FROM free WHERE i.id = free.id
    RETURNING i.id::text AS id, i.project_id::text AS "projectId"`;
  publish(...told.map(({ id, projectId }) => `touched:${projectId}:instance:${id}` as const));
}

async function forgetFault(tx: Tx, instanceIds: readonly string[]): Promise<void> {
  await tx.$executeRaw`
    WITH held AS (SELECT id FROM instance WHERE id = ANY(${instanceIds}::uuid[]) AND conditions ? 'PortsBound'
      ORDER BY id FOR NO KEY UPDATE)
    UPDATE instance i SET conditions = conditions - 'PortsBound' FROM held WHERE i.id = held.id`;
}

function eventsOf({ ports, floatingIps }: Differences): NewEvent[] {
  const line = (kind: string, { id, projectId, name }: OwnedRow, action: string): NewEvent => ({
    ...controllerActor,
    projectId,
    resourceKind: kind,
    resourceId: id,
    resourceName: name,
    action,
    result: "succeeded",
    params: {},
  });
  return [
    ...ports
      .filter(isSurprise)
      .map(({ port, up }) =>
        line("port", { ...port, name: port.name || port.mac }, up ? "port.up" : "port.down"),
      ),
    ...floatingIps
      .filter(({ associated }) => associated)
      .map((row) => line("floating_ip", row, "floating_ip.active")),
  ];
}

/** Whoever looks at one of them; an instance where one of its ports is another. */
function topicsOf({ networks, securityGroups, floatingIps, routers, ports }: Differences): HintTopic[] {
  const touched = (kind: string) => (row: { id: string; projectId: string | null }) =>
    row.projectId === null ? [] : [`touched:${row.projectId}:${kind}:${row.id}` as const];
  const rows = ports.map(({ port }) => port);
  const instances = rows.flatMap(({ instanceId, projectId }) =>
    instanceId === null ? [] : [{ id: instanceId, projectId }],
  );
  const told = eventsOf({ networks, securityGroups, floatingIps, routers, ports }).length > 0;
  return [
    ...(told ? (["event"] as const) : []),
    ...networks.flatMap(touched("network")),
    ...securityGroups.flatMap(touched("security_group")),
    ...floatingIps.flatMap(touched("floating_ip")),
    ...routers.map(({ router }) => router).flatMap(touched("router")),
    ...rows.flatMap(touched("port")),
    ...instances.flatMap(touched("instance")),
  ];
}
