/** What users ask of volumes in a storm: at random, and mostly at the wrong moment. */
import type { SweepCloud } from "./sweep-cloud.ts";
import { requireTruth } from "./sweep-life.ts";
import { askVolume, awaitVolume, type VolumeIds, type VolumeWish } from "./sweep-volume-life.ts";

/** As users know of it; it may not have been made yet. */
export type StormVolume = { id: string; projectId: string; snapshots: string[] };
export type VolumeRequest = { wish: VolumeWish; ids: VolumeIds; projectId: string };

type Sky = {
  readonly cloud: SweepCloud;
  readonly random: () => number;
  readonly newId: () => string;
  readonly volumes: Map<string, StormVolume>;
  /** The instance and its project. */
  readonly instances: ReadonlyMap<string, string>;
};

const mostVolumes = 10;
/** Attached and detached more often than anything else, for two processes lead that. */
const wishes: readonly VolumeWish[] = [
  ...(["attach", "attach", "attach", "detach", "detach"] as const),
  ...(["extend", "snapshot", "snapshot", "revert", "forget"] as const),
];

const pick = <T>(random: () => number, from: readonly T[]): T | undefined =>
  from[Math.floor(random() * from.length)];

export function newVolume({ cloud, random, newId, volumes }: Sky): VolumeRequest | null {
  if (volumes.size >= mostVolumes) return null;
  const volume = { id: newId(), projectId: pick(random, cloud.projectIds) ?? "", snapshots: [] };
  volumes.set(volume.id, volume);
  return { wish: "create", ids: idsOf(volume, "", ""), projectId: volume.projectId };
}

export function volumeChange({ random, newId, volumes, instances }: Sky): VolumeRequest | null {
  const volume = pick(random, [...volumes.values()]);
  const wish = pick(random, wishes);
  if (!volume || !wish) return null;
  const { projectId } = volume;
  const holders = [...instances].filter(([, project]) => project === projectId).map(([id]) => id);
  const holder = pick(random, holders) ?? "";
  if (wish === "attach" && holder === "") return null;
  const snapshot = wish === "snapshot" ? newId() : (pick(random, volume.snapshots) ?? "");
  if ((wish === "revert" || wish === "forget") && snapshot === "") return null;
  if (wish === "snapshot") volume.snapshots.push(snapshot);
  return { wish, ids: idsOf(volume, snapshot, holder), projectId };
}

/** Its snapshots go with it. It stays on the list: asked for again at the end, it is the same deletion. */
export function volumeRemoval({ random, volumes }: Sky): VolumeRequest | null {
  const volume = pick(random, [...volumes.values()]);
  return volume ? { wish: "delete", ids: idsOf(volume, "", ""), projectId: volume.projectId } : null;
}

const idsOf = ({ id }: StormVolume, snapshot: string, instance: string): VolumeIds => ({
  volume: id,
  snapshot,
  instance,
});

/** Call it when all is at rest and no instance is left. */
export async function endVolumes(cloud: SweepCloud, volumes: Iterable<StormVolume>): Promise<void> {
  const all = [...volumes];
  await Promise.all(all.map((volume) => askVolume(cloud, "delete", idsOf(volume, "", ""), volume.projectId)));
  for (const { id } of all) await awaitVolume(cloud, id, null);
  await requireTruth(cloud);
  const held = await cloud.volumes();
  if (held.length > 0) throw new Error(`${held.length} volumes are left over`);
}
