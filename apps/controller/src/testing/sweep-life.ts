/** One life of an instance, as an impatient user lives it: everything is asked for twice, and again while nobody answers. */
import { setTimeout as sleep } from "node:timers/promises";
import type { SweepCloud } from "./sweep-cloud.ts";
import { faultsOf } from "./sweep-truth.ts";

/** Two shared cores, and a lease to run out now and then. */
export const patienceMs = 90_000;

export type Wish = "launch" | "stop" | "start" | "reboot" | "hardReboot" | "delete";

/** Asks until it is taken or refused in words; what may have been lost on the way is asked again. */
export async function ask(
  cloud: SweepCloud,
  wish: Wish,
  id: string,
  projectId: string = cloud.projectIds[0],
): Promise<void> {
  const { imageId, flavorIds } = cloud;
  const ref = { projectId, id };
  const requests: Record<Wish, () => Promise<unknown>> = {
    launch: () =>
      cloud.call("POST", "instance.launch", {
        ids: [id],
        projectId,
        name: "swept",
        imageId,
        flavorId: flavorIds[0],
        keyPairId: null,
        password: null,
        userData: "#!/bin/sh\ntrue\n",
        deleteProtection: false,
      }),
    stop: () => cloud.call("POST", "instance.stop", ref),
    start: () => cloud.call("POST", "instance.start", ref),
    reboot: () => cloud.call("POST", "instance.reboot", { ...ref, kind: "soft" }),
    hardReboot: () => cloud.call("POST", "instance.reboot", { ...ref, kind: "hard" }),
    delete: () => cloud.call("POST", "instance.delete", ref),
  };
  await insist(`${wish} of ${id}`, requests[wish]);
}

/** Until it is done or refused for good. */
export async function insist(what: string, request: () => Promise<unknown>): Promise<void> {
  const until = Date.now() + patienceMs;
  for (;;) {
    try {
      await request();
      return;
    } catch (error) {
      if (isRefusal(error)) return;
      if (Date.now() > until) throw new Error(`${what} was not taken`, { cause: error });
      await sleep(100);
    }
  }
}

/** 4xx: the request came too late or a second time. Everything else may pass. */
const isRefusal = (error: unknown) =>
  error instanceof Error && /was refused with 4(?!29|08)\d\d/.test(error.message);

export const twice = async (cloud: SweepCloud, wish: Wish, id: string) => {
  await Promise.all([ask(cloud, wish, id), ask(cloud, wish, id)]);
};

type Seen = { settled: boolean; status: string; power: string; acked: boolean };

async function look({ database: { pool } }: SweepCloud, id: string): Promise<Seen | null> {
  const { rows } = await pool.query<Seen>(
    `SELECT i.observed_generation = i.generation AND i.task_state IS NULL AND NOT EXISTS (
        SELECT 1 FROM operation o WHERE o.resource_id = i.id AND o.state IN ('pending', 'running')) AS settled,
      i.status, i.power_state AS power, coalesce(g.acked_generation = g.generation, false) AS acked
     FROM instance i LEFT JOIN guest g ON g.id = i.active_guest_id WHERE i.id = $1`,
    [id],
  );
  return rows[0] ?? null;
}

/** PostgreSQL may be away while we look. */
export async function awaitState(cloud: SweepCloud, id: string, status: string | null): Promise<void> {
  const until = Date.now() + patienceMs;
  for (;;) {
    const seen = await look(cloud, id).catch(() => undefined);
    if (status === null && seen === null) return;
    if (seen?.settled && seen.acked && seen.status === status) return;
    if (Date.now() > until) throw new Error(`${id} never became ${status}: ${JSON.stringify(seen)}`);
    await sleep(25);
  }
}

/** At rest, nothing may be wrong; what is under way gets time to come to rest. */
export async function requireTruth(cloud: SweepCloud, withinMs = patienceMs): Promise<void> {
  const until = Date.now() + withinMs;
  for (;;) {
    const faults = await faultsOf(cloud).catch((error: unknown) => [String(error)]);
    if (faults.length === 0) return;
    if (Date.now() > until)
      throw new Error(`The tables and the simulators differ:\n  ${faults.join("\n  ")}`);
    await sleep(50);
  }
}

const startsOf = async (cloud: SweepCloud) => (await cloud.guests()).map(({ starts }) => starts);

/** From launch to deletion; at each rest everything is compared, also how often the guest was started. */
export async function live(cloud: SweepCloud, id: string): Promise<void> {
  const steps: [Wish, string][] = [
    ["launch", "ACTIVE"],
    ["stop", "SHUTOFF"],
    ["start", "ACTIVE"],
    ["reboot", "ACTIVE"],
    ["hardReboot", "ACTIVE"],
  ];
  let started = 0;
  for (const [wish, status] of steps) {
    await twice(cloud, wish, id);
    await awaitState(cloud, id, status);
    await requireTruth(cloud);
    const reboots = wish === "reboot" || wish === "hardReboot";
    const most = started + (wish === "stop" ? 0 : 1) + (reboots ? await repeatedReboots(cloud, id, wish) : 0);
    const [now = 0, ...others] = await startsOf(cloud);
    const least = started + (wish === "stop" ? 0 : 1);
    if (others.length > 0 || now < least || now > most)
      throw new Error(`after ${wish} the guest was started ${now} times, not ${least} to ${most}`);
    started = now;
  }
  await end(cloud, id);
}

/** A reboot that was asked for twice may be one or two. */
async function repeatedReboots({ database: { pool } }: SweepCloud, id: string, wish: Wish): Promise<number> {
  const kind = wish === "hardReboot" ? "hard" : "soft";
  const { rows } = await pool.query<{ count: number }>(
    `SELECT count(*)::int AS count FROM event WHERE resource_id = $1 AND action = 'instance.reboot'
     AND params->>'kind' = $2`,
    [id, kind],
  );
  return Math.max(0, (rows[0]?.count ?? 0) - 1);
}

export async function end(cloud: SweepCloud, id: string): Promise<void> {
  await twice(cloud, "delete", id);
  await awaitState(cloud, id, null);
  await requireTruth(cloud);
  await requireOneTale(cloud, id);
}

/** Whatever was repeated: it was created and deleted once, placed once, and nothing happened to it that nobody asked for. */
async function requireOneTale({ database: { pool } }: SweepCloud, id: string): Promise<void> {
  const { rows } = await pool.query<{ action: string; result: string; count: number }>(
    `SELECT action, result, count(*)::int AS count FROM event WHERE resource_id = $1 GROUP BY 1, 2`,
    [id],
  );
  const count = (action: string) => rows.find((row) => row.action === action)?.count ?? 0;
  const odd = [
    ...["instance.create", "instance.deleted", "instance.delete"].filter((action) => count(action) !== 1),
    ...["instance.scheduled"].filter((action) => count(action) > 1),
    ...rows.filter(({ result }) => result === "failed").map(({ action }) => `${action} failed`),
  ];
  if (odd.length > 0)
    throw new Error(`the trail of ${id} is odd: ${odd.join(", ")} in ${JSON.stringify(rows)}`);
}
