/** What must be true of a cloud at rest: the simulators hold exactly what the tables say, and nothing is left over. */
import { isDeepStrictEqual } from "node:util";
import { deriveStatus } from "@madang/core/instance/status";
import { instanceView, type Operation, type PrismaNamespace } from "@madang/db";
import { readTopology } from "../reconcilers/network.view.ts";
import type { SimulatedGuest, SweepCloud } from "./sweep-cloud.ts";
import { volumeFaults } from "./sweep-volume-truth.ts";

/** Everything that is wrong, in words; empty when nothing is. */
export async function faultsOf(cloud: SweepCloud): Promise<string[]> {
  const { prisma } = cloud.database;
  const instances = await prisma.instance.findMany({
    include: { guests: { include: { allocations: true } } },
  });
  const held = await cloud.guests();
  const rows = instances.flatMap(({ guests }) => guests);
  const known = new Set(rows.map(({ id }) => id));
  return [
    ...held
      .filter(({ guestId }) => !known.has(guestId))
      .map(({ guestId }) => `guest ${guestId} is left over`),
    ...instances.flatMap((instance) => instanceFaults(instance, held)),
    ...(await leftovers(cloud)),
    ...(await networkFaults(cloud)),
    ...(await volumeFaults(cloud)),
    ...(await trailFaults(cloud)),
  ];
}

type Row = PrismaNamespace.InstanceGetPayload<{ include: { guests: { include: { allocations: true } } } }>;

function instanceFaults(instance: Row, held: readonly SimulatedGuest[]): string[] {
  const says = (what: string) => `instance ${instance.id} (${instance.status}): ${what}`;
  const faults: string[] = [];
  const [guest, ...others] = instance.guests;
  const active = instance.guests.find(({ id }) => id === instance.activeGuestId) ?? null;
  const derived = deriveStatus(instanceView(instance, active));
  const stored = { status: instance.status, taskState: instance.taskState, powerState: instance.powerState };
  for (const [name, value] of Object.entries(derived))
    if (Object.entries(stored).find(([key]) => key === name)?.[1] !== value)
      faults.push(says(`${name} is stored wrong, it should be ${value}`));
  if (instance.deleteRequestedAt) faults.push(says("still being deleted"));
  if (instance.observedGeneration !== instance.generation) faults.push(says("not settled"));
  if (instance.taskState) faults.push(says(`still ${instance.taskState}`));
  if (others.length > 0) faults.push(says(`${instance.guests.length} guests`));
  if (!guest) return instance.status === "ERROR" ? faults : [...faults, says("no guest")];
  const wanted = instance.selfStoppedAt === instance.generation ? "stopped" : instance.power;
  if (instance.status !== "ERROR") {
    if (guest.desired !== wanted || guest.observed !== wanted)
      faults.push(says(`guest should be ${wanted}, is told ${guest.desired}, seen ${guest.observed}`));
    if (guest.ackedGeneration !== guest.generation) faults.push(says("guest has not answered"));
  }
  const amounts = Object.fromEntries(guest.allocations.map((one) => [one.resourceClass, one.amount]));
  if (amounts.VCPU !== instance.vcpus || amounts.MEMORY_MB !== instance.ramMib)
    faults.push(says(`holds ${JSON.stringify(amounts)}`));
  const real = held.filter(({ guestId }) => guestId === guest.id);
  const [body] = real;
  if (!body || real.length > 1) return [...faults, says(`guest ${guest.id} is there ${real.length} times`)];
  if (body.running !== (guest.observed === "running")) faults.push(says(`its guest runs: ${body.running}`));
  if (body.vcpus !== instance.vcpus || body.ramMib !== instance.ramMib) faults.push(says("wrong size"));
  if (body.running && body.rebootSeq !== instance.rebootSeq)
    faults.push(says(`guest reached reboot ${body.rebootSeq} of ${instance.rebootSeq}`));
  return faults;
}

async function leftovers({ database: { pool } }: SweepCloud): Promise<string[]> {
  const { rows } = await pool.query<{ fault: string }>(`
    SELECT 'operation ' || kind || ' of ' || resource_id || ' is still ' || state AS fault FROM operation
      WHERE state IN ('pending', 'running')
    UNION ALL SELECT 'job ' || name || ' ' || coalesce(singleton_key, '') || ' is still ' || state FROM pgboss.job
      WHERE state IN ('created', 'retry', 'active', 'failed') AND name LIKE 'reconcile%'
    UNION ALL SELECT 'user data of ' || instance_id FROM user_data
      WHERE instance_id NOT IN (SELECT id FROM instance)
    UNION ALL SELECT 'allocation of ' || guest_id FROM allocation WHERE guest_id NOT IN (SELECT id FROM guest)`);
  return rows.map(({ fault }) => fault);
}

/** The simulated network holds what the tables say, and the tables say that it does. */
async function networkFaults(cloud: SweepCloud): Promise<string[]> {
  const { pool } = cloud.database;
  const [held, { topology }] = [await cloud.network(), await readTopology(cloud.database)];
  const differs = isDeepStrictEqual(held, topology) ? [] : ["the network holds another topology"];
  const { rows } = await pool.query<{ fault: string }>(`
    SELECT 'port ' || p.id || ' is bound to ' || coalesce(p.realised_hypervisor_id::text, 'nothing') AS fault
      FROM port p LEFT JOIN instance i ON i.id = p.instance_id LEFT JOIN guest g ON g.id = i.active_guest_id
      WHERE p.realised_hypervisor_id IS DISTINCT FROM g.hypervisor_id OR p.up <> (g.id IS NOT NULL)
    UNION ALL SELECT 'port ' || id || ' is not as it was asked for' FROM port WHERE realised_generation < generation
    UNION ALL SELECT 'network ' || id || ' is not as it was asked for' FROM network WHERE realised_generation < generation
    UNION ALL SELECT 'port ' || id || ' of a deleted instance is left' FROM port
      WHERE owner IN ('none', 'instance') AND instance_id IS NULL
    UNION ALL SELECT 'instance ' || i.id || ' has ' || count(p.id) || ' ports' FROM instance i
      LEFT JOIN port p ON p.instance_id = i.id GROUP BY i.id HAVING count(p.id) <> 1`);
  return [...differs, ...rows.map(({ fault }) => fault)];
}

/** How the trail tells that an operation was asked for, and that it was done. */
const accepted: Record<string, string> = {
  "instance.launch": "instance.create",
  "volume.snapshot": "volume_snapshot.create",
  "volume.delete-snapshot": "volume_snapshot.delete",
};
/** A snapshot that goes says so without its operation: several may go in one pass. */
const done: Record<string, string> = {
  "instance.launch": "instance.running",
  "instance.start": "instance.running",
  "instance.stop": "instance.stopped",
  "instance.reboot": "instance.rebooted",
  "instance.delete": "instance.deleted",
  "volume.attach": "volume.attached",
  "volume.detach": "volume.detached",
  "volume.extend": "volume.extended",
  "volume.retype": "volume.retyped",
  "volume.snapshot": "volume_snapshot.created",
  "volume.revert": "volume.reverted",
  "volume.delete": "volume.deleted",
};

type Line = { operationId: string; resourceId: string; action: string; count: number };

async function trailFaults({ database: { prisma, pool } }: SweepCloud): Promise<string[]> {
  const operations = await prisma.operation.findMany({
    where: { resourceKind: { in: ["instance", "volume"] } },
  });
  const { rows } = await pool.query<Line>(
    `SELECT operation_id AS "operationId", resource_id AS "resourceId", action, count(*)::int AS count FROM event
     WHERE operation_id IS NOT NULL GROUP BY 1, 2, 3`,
  );
  return operations.flatMap((operation) => operationFaults(operation, rows));
}

function operationFaults(operation: Operation, lines: readonly Line[]): string[] {
  const { id, kind, state } = operation;
  const count = (action: string | undefined) =>
    lines.find((line) => line.operationId === id && line.action === action)?.count ?? 0;
  const [asked, told] = [count(accepted[kind] ?? kind), count(done[kind])];
  const faults: string[] = [];
  if (asked !== 1) faults.push(`${kind} ${id} was told ${asked} times to have been asked for`);
  const expected = state === "succeeded" ? 1 : 0;
  const launchedThenFailed = kind === "instance.launch" && state === "cancelled";
  if (done[kind] !== undefined && told !== expected && !(launchedThenFailed && told <= 1))
    faults.push(`${kind} ${id} (${state}) was told ${told} times to have been done`);
  return faults;
}

/** What somebody who looks for the cause of a fault needs beside the logs: the queue, the connections, who is up. */
export async function stateOf({ database: { pool }, processes }: SweepCloud): Promise<string> {
  const rows = async (sql: string) => (await pool.query<Record<string, unknown>>(sql)).rows;
  const found = {
    processes: Object.values(processes)
      .flat()
      .map((process) => ({ name: process.name, up: process.isUp() })),
    jobs: await rows(`SELECT name, state, singleton_key, start_after, created_on, started_on, heartbeat_on,
      heartbeat_seconds, retry_count, now() FROM pgboss.job WHERE state <> 'completed'`),
    queues: await rows("SELECT name, monitor_on, maintain_on, now() FROM pgboss.queue"),
    heartbeats: await rows("SELECT kind, pid, last_seen_at, now() FROM process"),
    open: await rows("SELECT id, status, task_state, generation, observed_generation FROM instance"),
    connections:
      await rows(`SELECT pid, state, wait_event, now() - state_change AS since, left(query, 120) AS query
      FROM pg_stat_activity WHERE datname = current_database()`),
  };
  return JSON.stringify(found, null, 1);
}
