/**
 * Writes launches that were judged and may be made. What only the writing shows (no address is left, somebody has it) is
 * the fault of one of them, and must not be everybody's: the others are written all the same.
 */
import { CloudError } from "@madang/core/errors";
import { cloudNetworkId } from "@madang/core/network/cloud-network";
import { type Tx, wake } from "@madang/db";
import type { AdmissionDeps } from "../deps.ts";
import type { Launched, LaunchWish } from "./launch-instance.ts";
import { joinNetworks } from "./launch-ports.ts";
import { joinReachably } from "./launch-reachable.ts";
import { insertLaunches, type SureLaunch } from "./launch-rows.ts";
import { insertVolumes } from "./launch-volume-rows.ts";

/** null: one of its project's launches can't be made, and which of them only shows when they are tried one by one. */
type Written = { wish: LaunchWish; outcome: Launched | CloudError | null };

/**
 * `apart`: a refusal leaves the others' rows standing; else it is thrown, and the transaction must be rolled back. What it
 * throws `apart` is no refusal and concerns all of them.
 */
export async function writeLaunches(
  deps: AdmissionDeps,
  tx: Tx,
  sure: readonly SureLaunch[],
  apart: boolean,
): Promise<Written[]> {
  if (sure.length === 0) return [];
  const byProject = [...Map.groupBy(sure, ({ wish }) => wish.input.projectId).values()];
  const written = apart ? await writeApart(deps, tx, byProject) : await writeAll(deps, tx, sure);
  // Last of all: whoever else wakes the network waits for it from here to the end.
  if (sure.some(joins)) await wake(deps.boss, tx, "network", cloudNetworkId);
  return written;
}

function joins({ wish, place }: SureLaunch): boolean {
  return wish.input.reachable || place.wanted.length > 0;
}

/** Not bad luck, which the next attempt may not have. */
export function isRefusal(error: unknown): error is CloudError {
  return error instanceof CloudError && error.code !== "Unavailable";
}

async function writeAll(deps: AdmissionDeps, tx: Tx, sure: readonly SureLaunch[]): Promise<Written[]> {
  const inserted = await insertLaunches(deps, tx, sure);
  for (const { wish, disks } of sure) await insertVolumes(deps, tx, wish, disks);
  const plain = sure.filter(({ wish, place }) => !wish.input.reachable && place.wanted.length > 0);
  await joinNetworks(tx, plain);
  for (const { wish, launched } of inserted)
    if (wish.input.reachable) await joinReachably(tx, wish, launched);
  return inserted.map(({ wish, launched }) => ({ wish, outcome: launched }));
}

/**
 * Halves of the projects, until those that can't be written are alone. A project that sends many such takes no more than one
 * attempt of everybody's time; its own launches go on one by one, in its own line.
 */
async function writeApart(
  deps: AdmissionDeps,
  tx: Tx,
  projects: readonly (readonly SureLaunch[])[],
): Promise<Written[]> {
  const all = projects.flat();
  await tx.$executeRaw`SAVEPOINT launches`;
  try {
    return await writeAll(deps, tx, all);
  } catch (error) {
    if (!isRefusal(error)) throw error;
    await tx.$executeRaw`ROLLBACK TO SAVEPOINT launches`;
    if (projects.length === 1)
      return all.map(({ wish }) => ({ wish, outcome: all.length === 1 ? error : null }));
    await lockPlaces(tx, all);
    const half = Math.ceil(projects.length / 2);
    const first = await writeApart(deps, tx, projects.slice(0, half));
    return [...first, ...(await writeApart(deps, tx, projects.slice(half)))];
  }
}

/** All of them in the order in which everybody locks them, before the halves would take them in another. */
async function lockPlaces(tx: Tx, sure: readonly SureLaunch[]): Promise<void> {
  const networkIds = sure.flatMap(({ place }) => place.fresh.map(({ networkId }) => networkId));
  await tx.$queryRaw`SELECT 1 FROM subnet WHERE network_id = ANY(${networkIds}::uuid[])
    ORDER BY network_id, created_at, id FOR NO KEY UPDATE`;
}
