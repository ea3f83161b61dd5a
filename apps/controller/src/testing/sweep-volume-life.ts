/** One life of a volume beside an instance that holds it now and then, as an impatient user lives it: all is asked for twice. */
import { setTimeout as sleep } from "node:timers/promises";
import type { SweepCloud } from "./sweep-cloud.ts";
import { awaitState, end, insist, patienceMs, requireTruth, twice } from "./sweep-life.ts";

export type VolumeIds = { volume: string; snapshot: string; instance: string };
type Request = (cloud: SweepCloud, ids: VolumeIds, projectId: string) => Promise<unknown>;

const requests = {
  create: ({ call }, { volume }, projectId) =>
    call("POST", "volume.create", { id: volume, projectId, name: "swept", sizeGib: 1 }),
  attach: ({ call }, { volume, instance }, projectId) =>
    call("POST", "volume.attach", { projectId, id: volume, instanceId: instance }),
  extend: ({ call }, { volume }, projectId) =>
    call("POST", "volume.extend", { projectId, id: volume, sizeGib: 2 }),
  snapshot: ({ call }, { volume, snapshot }, projectId) =>
    call("POST", "volumeSnapshot.create", {
      projectId,
      name: "swept",
      of: { kind: "volume", id: snapshot, volumeId: volume },
    }),
  detach: ({ call }, { volume }, projectId) => call("POST", "volume.detach", { projectId, id: volume }),
  revert: ({ call }, { volume, snapshot }, projectId) =>
    call("POST", "volume.revert", { projectId, id: volume, snapshotId: snapshot }),
  forget: ({ call }, { snapshot }, projectId) =>
    call("POST", "volumeSnapshot.delete", { projectId, id: snapshot }),
  delete: ({ call }, { volume }, projectId) =>
    call("POST", "volume.delete", { projectId, id: volume, snapshots: true }),
} satisfies { [wish: string]: Request };
export type VolumeWish = keyof typeof requests;

/** Asks until it is taken or refused in words. */
export const askVolume = (
  cloud: SweepCloud,
  wish: VolumeWish,
  ids: VolumeIds,
  projectId: string = cloud.projectIds[0],
): Promise<void> => insist(`${wish} of ${ids.volume}`, () => requests[wish](cloud, ids, projectId));

const twiceAsked = async (cloud: SweepCloud, wish: VolumeWish, ids: VolumeIds) => {
  await Promise.all([askVolume(cloud, wish, ids), askVolume(cloud, wish, ids)]);
};

/** An instance for it to be attached to, running. Answers its id. */
export async function launchHolder(cloud: SweepCloud): Promise<string> {
  const id = crypto.randomUUID();
  await twice(cloud, "launch", id);
  await awaitState(cloud, id, "ACTIVE");
  return id;
}

/** From nothing to nothing; at each rest everything is compared. */
export async function liveVolume(cloud: SweepCloud, volume: string, instance: string): Promise<void> {
  const ids = { volume, snapshot: crypto.randomUUID(), instance };
  const steps: [VolumeWish, string | null][] = [
    ["create", "available"],
    ["attach", "in-use"],
    ["extend", "in-use"],
    ["snapshot", "in-use"],
    ["detach", "available"],
    ["revert", "available"],
    ["attach", "in-use"],
    ["forget", "in-use"],
    ["detach", "available"],
    ["delete", null],
  ];
  for (const [wish, status] of steps) {
    await twiceAsked(cloud, wish, ids);
    await awaitVolume(cloud, volume, status);
    await requireTruth(cloud);
  }
  await requireOneTale(cloud, volume);
}

/** In the moment of the kill its user takes it back and deletes it. */
export async function interruptVolume(
  cloud: SweepCloud,
  volume: string,
  instance: string,
  dead: Promise<"dead">,
): Promise<void> {
  const ids = { volume, snapshot: crypto.randomUUID(), instance };
  const built = (async () => {
    await twiceAsked(cloud, "create", ids);
    await twiceAsked(cloud, "attach", ids);
    await awaitVolume(cloud, volume, "in-use");
  })();
  built.catch(() => {});
  await Promise.race([built, dead]);
  for (const wish of ["create", "attach", "detach"] as const) await twiceAsked(cloud, wish, ids);
  await awaitVolume(cloud, volume, "available");
  await twiceAsked(cloud, "delete", ids);
  await awaitVolume(cloud, volume, null);
  await requireTruth(cloud);
  await requireOneTale(cloud, volume);
}

export const endHolder = (cloud: SweepCloud, instance: string): Promise<void> => end(cloud, instance);

/** Until it has that status, and nothing is under way for it or for who holds it. null: until it is gone. */
export async function awaitVolume(cloud: SweepCloud, id: string, status: string | null): Promise<void> {
  for (const until = Date.now() + patienceMs; ; await sleep(25)) {
    const seen = await look(cloud, id).catch(() => undefined);
    if (status === null ? seen === null : seen?.settled && seen.status === status) return;
    if (Date.now() > until) throw new Error(`volume ${id} never became ${status}: ${JSON.stringify(seen)}`);
  }
}

async function look({ database: { pool } }: SweepCloud, id: string) {
  const { rows } = await pool.query<{ status: string; settled: boolean }>(
    `SELECT v.status, (v.hypervisor_id IS NULL OR v.acked_generation = v.generation) AND NOT EXISTS (
        SELECT 1 FROM operation o WHERE o.resource_id = v.id AND o.state IN ('pending', 'running')) AND NOT EXISTS (
        SELECT 1 FROM volume_snapshot s WHERE s.volume_id = v.id AND s.status <> 'available') AND NOT EXISTS (
        SELECT 1 FROM instance i WHERE i.observed_generation <> i.generation) AS settled
     FROM volume v WHERE v.id = $1`,
    [id],
  );
  return rows[0] ?? null;
}

/** Whatever was repeated: it was made and deleted once, and nothing of it failed. */
async function requireOneTale({ database: { pool } }: SweepCloud, id: string): Promise<void> {
  const { rows } = await pool.query<{ action: string; result: string; count: number }>(
    `SELECT action, result, count(*)::int AS count FROM event WHERE resource_id = $1 GROUP BY 1, 2`,
    [id],
  );
  const count = (action: string) => rows.find((row) => row.action === action)?.count ?? 0;
  const odd = [
    ...["volume.create", "volume.delete", "volume.deleted"].filter((action) => count(action) !== 1),
    ...(count("volume.attach") === count("volume.detach") ? [] : ["not as often detached as attached"]),
    ...rows.filter(({ result }) => result === "failed").map(({ action }) => `${action} failed`),
  ];
  if (odd.length > 0)
    throw new Error(`the trail of volume ${id} is odd: ${odd.join(", ")} in ${JSON.stringify(rows)}`);
}
