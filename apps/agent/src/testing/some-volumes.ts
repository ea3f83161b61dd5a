/** Simulated volumes on one hypervisor, with guests that a test says are there, as the agent keeps them. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import type { VolumeReport, VolumeSpec } from "@madang/core/wire/volume";
import type { GuestObservation, LiveDisks } from "@madang/drivers/hypervisor/driver";
import { createStorageDriver, type SimulatedStorage } from "@madang/drivers/storage";
import { pino } from "pino";
import { type Holders, openHolders } from "../storage/holders.ts";
import { volumeLocks } from "../storage/locks.ts";
import { openVolumeMemory } from "../storage/memory.ts";
import { createVolumes, type Volumes, type VolumesDeps } from "../storage/volumes.ts";

export const gib = 1024 ** 3;
export const spec = (change: Partial<VolumeSpec> = {}): VolumeSpec => ({
  volumeId: crypto.randomUUID(),
  projectId: crypto.randomUUID(),
  generation: 1,
  desired: "present",
  backend: "file",
  sizeBytes: gib,
  source: { kind: "blank" },
  snapshots: [],
  revert: null,
  ...change,
});
export const snapshotOf = (groupId: string | null = null): VolumeSpec["snapshots"][number] => ({
  snapshotId: crypto.randomUUID(),
  desired: "present",
  groupId,
});
export const disk = (volumeId: string) => ({
  ...{ attachmentId: crypto.randomUUID(), volumeId, readOnly: false, boot: false, qos: {} },
});
export const runs = (...volumeIds: string[]): GuestObservation => ({
  guestId: crypto.randomUUID(),
  name: "one",
  observed: "running",
  stopCause: null,
  rebootSeq: 0,
  disks: volumeIds.map((volumeId) => ({ attachmentId: crypto.randomUUID(), volumeId })),
});

type Here = {
  directory: string;
  storage: SimulatedStorage;
  /** What the hypervisor has. */
  guests: GuestObservation[];
  /** Snapshots that running guests took. */
  taken: { guestId: string; volumeIds: string[] }[];
  locks: ReturnType<typeof volumeLocks>;
  holders: Holders;
  volumes: Volumes;
};
export let at: Here;

/** What a running guest does to simulated volumes, written down. */
const live: LiveDisks = {
  snapshot: async (guestId, wanted) => {
    at.taken.push({ guestId, volumeIds: wanted.map(({ volumeId }) => volumeId) });
    for (const { volumeId, snapshotId } of wanted) await at.storage.snapshot(volumeId, snapshotId);
  },
  removeSnapshot: (_guestId, volumeId, snapshotId) => at.storage.removeSnapshot(volumeId, snapshotId),
  beginCopy: (_guestId, volumeId, into) => at.storage.beginCopy(volumeId, into),
  endCopy: (_guestId, volumeId, into) => at.storage.endCopy(volumeId, into),
  resize: async () => {},
};

type Change = Partial<VolumesDeps>;
type Kept = Pick<Here, "directory" | "storage" | "guests" | "taken">;

async function over(kept: Kept, change: Change): Promise<Here> {
  const { storage, directory } = kept;
  const [locks, holders] = [volumeLocks(), openHolders({ liveDisks: live, list: async () => at.guests })];
  const memory = await openVolumeMemory(directory);
  const log = pino({ level: "silent" });
  const rest = { image: async () => null, onChange: () => {}, log };
  const volumes = createVolumes({ storage, locks, holders, memory, ...rest, ...change });
  return { ...kept, locks, holders, volumes };
}

/** As when the agent starts; the one before must have been stopped. */
export async function start(change: Change = {}): Promise<void> {
  at = await over(at, change);
  await at.volumes.sweep();
}

export async function restart(change: Change = {}): Promise<void> {
  await at.volumes.stop();
  await start(change);
}

export async function openVolumes(): Promise<void> {
  const directory = await mkdtemp(join(tmpdir(), "madang-agent-volumes-"));
  const stateFile = join(directory, "simulated.json");
  const storage = await createStorageDriver("simulated", { stateFile });
  at = await over({ directory, storage, guests: [], taken: [] }, {});
  await at.volumes.sweep();
}

export async function closeVolumes(): Promise<void> {
  await at.volumes.stop();
  await rm(at.directory, { recursive: true });
}

export const apply = (...specs: VolumeSpec[]): void => at.volumes.apply({ volumes: specs });

export async function until(
  volumeId: string,
  isIt: (report: VolumeReport) => boolean,
): Promise<VolumeReport> {
  for (let tries = 0; tries < 8_000; tries++) {
    const report = at.volumes.report(volumeId);
    if (report && isIt(report)) return report;
    await delay(5);
  }
  throw new Error(`in vain: ${JSON.stringify(at.volumes.report(volumeId))}`);
}

export const settled = ({ volumeId, generation }: VolumeSpec): Promise<VolumeReport> =>
  until(
    volumeId,
    (report) => report.generation === generation && report.phase === null && report.observed !== "unknown",
  );

export async function here(one: VolumeSpec): Promise<VolumeReport> {
  apply(one);
  return settled(one);
}
