/** Where the counters of a project's instances stand, for a monitoring system that makes rates of them itself. */
import { counters } from "@madang/core/metrics/usage";
import { tapDevice } from "@madang/core/network/tap";
import { guestSample } from "@madang/core/wire/metrics";
import type { Database } from "@madang/db";
import { authorise } from "../authorise.ts";
import type { Context } from "../context.ts";

export type DeviceCounters = {
  kind: "disk" | "nic";
  name: string;
  values: readonly [number, number, number, number];
};
export type InstanceCounters = {
  id: string;
  name: string;
  vcpus: number;
  ramMib: number;
  status: string;
  /** Null where the last look is too old, or there was none. */
  used: {
    cpuSeconds: number;
    residentBytes: number | null;
    usedBytes: number | null;
    devices: DeviceCounters[];
  } | null;
};

/** A guest that was not looked at for so long shows nothing. */
const staleMs = 120_000;

type Row = Omit<InstanceCounters, "used"> & { sample: unknown; ports: string[] };

/**
 * Judged as the list of instances. At most as many as a minute's scrapes of a person and a project allow. Throws
 * Unauthenticated, NotFound, Forbidden, TooManyRequests.
 */
export async function readCounters(context: Context, projectId: string): Promise<InstanceCounters[]> {
  const { deps, caller } = context;
  return await deps.limits.calls.run(caller, async () => {
    // A credential that may call only that may scrape, too.
    const path = "project.metrics";
    const identity = await authorise(deps.reads, await context.identity(), "instance:list", projectId, path);
    await deps.limits.take("scrape", `${identity.userId}:${projectId}`);
    return await readRows(deps.reads, projectId);
  });
}

async function readRows({ pool, now }: Database, projectId: string): Promise<InstanceCounters[]> {
  const { rows } = await pool.query<Row>(
    `SELECT i.id, i.name, i.vcpus, i.ram_mib AS "ramMib", i.status, m.sample,
       ARRAY(SELECT p.id::text FROM port p WHERE p.instance_id = i.id) AS ports
     FROM instance i LEFT JOIN guest_meter m ON m.guest_id = i.active_guest_id AND m.at > $2
     WHERE i.project_id = $1 ORDER BY i.id`,
    [projectId, new Date(now().getTime() - staleMs)],
  );
  return rows.map(({ sample, ports, ...row }) => ({ ...row, used: usedOf(sample, ports) }));
}

function usedOf(said: unknown, ports: readonly string[]): InstanceCounters["used"] {
  const { data: sample } = guestSample.safeParse(said);
  if (!sample) return null;
  const portOf = new Map(ports.map((id) => [tapDevice(id), id]));
  const bytes = (kib: number | null) => (kib === null ? null : kib * 1_024);
  const devices = counters(sample).map(([key, values]): DeviceCounters => {
    const [kind, name] = [key.startsWith("disk:") ? "disk" : "nic", key.slice(key.indexOf(":") + 1)] as const;
    return { kind, name: portOf.get(name) ?? name, values };
  });
  const { cpuUs, residentKib, usedKib } = sample;
  return { cpuSeconds: cpuUs / 1e6, residentBytes: bytes(residentKib), usedBytes: bytes(usedKib), devices };
}
