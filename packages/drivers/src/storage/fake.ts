/**
 * Simulated storage: volumes that are only remembered. Honest, since the portal says so; it obeys the same contract as the
 * real one, what it holds is counted, and its faults are data that a test or a demonstration sets.
 */
import { readFileSync, renameSync, writeFileSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { CloudError } from "@madang/core/errors";
import { z } from "zod";
import type { CopyOutOptions } from "../disk/copy-out.ts";
import { diskFull } from "../disk/disk-full.ts";
import { simulatedImage } from "../disk/simulated-image.ts";
import type { CopySource, StorageDriver, VolumeObservation, VolumeOptions, VolumeOrder } from "./driver.ts";
import { snapshotMissing, sourceLarger, sourceMissing, volumeLost } from "./fault.ts";

export type SimulatedStorageKnobs = {
  /** Added to the making of each volume, ms; copies tell their percent meanwhile. */
  slowMs: number;
  /** Nothing more fits. */
  full: boolean;
  /** While true nothing answers. */
  vanish: boolean;
};

export type SimulatedStorageOptions = {
  /** Keeps the volumes over a restart of the process; without it they end with it. */
  stateFile?: string;
  totalBytes?: number;
  knobs?: Partial<SimulatedStorageKnobs>;
};

export type SimulatedStorage = StorageDriver & {
  knobs: SimulatedStorageKnobs;
  /** The volume is gone, as if somebody had deleted its file. */
  lose(volumeId: string): void;
};

const noFaults: SimulatedStorageKnobs = { slowMs: 0, full: false, vanish: false };
const usualBytes = 2_000 * 1024 ** 3;
/** What a made volume takes: its own tables. */
const emptyBytes = 196_608;
const steps = 20;

const snapshot = z.object({ snapshotId: z.string(), sizeBytes: z.int() });
const volume = z.object({
  volumeId: z.string(),
  sizeBytes: z.int(),
  usedBytes: z.int(),
  snapshots: z.array(snapshot),
  copies: z.array(z.string()),
  revertSeq: z.int(),
  lost: z.boolean(),
});
type Volume = z.infer<typeof volume>;

type State = {
  volumes: Map<string, Volume>;
  knobs: SimulatedStorageKnobs;
  totalBytes: number;
  save: () => void;
};

export function openSimulatedStorage(options: SimulatedStorageOptions = {}): SimulatedStorage {
  const { stateFile, totalBytes = usualBytes } = options;
  const kept = stateFile ? load(stateFile) : [];
  const volumes = new Map(kept.map((one) => [one.volumeId, one]));
  const save = () => {
    if (stateFile) store(stateFile, [...volumes.values()]);
  };
  const state: State = { volumes, knobs: { ...noFaults, ...options.knobs }, totalBytes, save };
  const changed = (volumeId: string, change: (one: Volume) => void) => {
    change(need(state, volumeId));
    save();
  };
  return {
    kind: "simulated",
    knobs: state.knobs,
    lose: (volumeId) => changed(volumeId, (one) => void Object.assign(one, { lost: true })),
    pool: async () => ({
      backend: "file",
      format: "qcow2",
      reflink: false,
      totalBytes,
      freeBytes: Math.max(0, totalBytes - sum(state, "usedBytes")),
      provisionedBytes: sum(state, "sizeBytes"),
    }),
    list: async () =>
      [...answering(state).volumes.values()].map(({ volumeId, usedBytes, lost }) => {
        return { volumeId, usedBytes, isWhole: !lost };
      }),
    observe: async (volumeId) => {
      const one = find(state, volumeId);
      return one && observation(one);
    },
    ensure: (order, how) => ensure(state, order, how),
    async remove(volumeId) {
      if (answering(state).volumes.delete(volumeId)) save();
    },
    async snapshot(volumeId, snapshotId) {
      changed(volumeId, ({ snapshots, sizeBytes }) => {
        if (snapshots.some((one) => one.snapshotId === snapshotId)) return;
        requireRoom(state);
        snapshots.push({ snapshotId, sizeBytes });
      });
    },
    async removeSnapshot(volumeId, snapshotId) {
      changed(volumeId, (one) => {
        one.snapshots = one.snapshots.filter((other) => other.snapshotId !== snapshotId);
      });
    },
    async beginCopy(volumeId, intoVolumeId) {
      changed(volumeId, ({ copies }) => void (copies.includes(intoVolumeId) || copies.push(intoVolumeId)));
    },
    copyOut: (from, path, how) => copyOut(state, from, path, how),
    async endCopy(volumeId, intoVolumeId) {
      changed(volumeId, (one) => {
        one.copies = one.copies.filter((other) => other !== intoVolumeId);
      });
    },
    async revert(volumeId, { seq, snapshotId }) {
      changed(volumeId, (one) => {
        if (seq <= one.revertSeq) return;
        if (!one.snapshots.some((other) => other.snapshotId === snapshotId))
          throw snapshotMissing(snapshotId);
        one.revertSeq = seq;
      });
    },
    async connection(volumeId) {
      if (!answering(state).volumes.has(volumeId)) throw volumeLost(`volume ${volumeId} is not here`);
      return { kind: "simulated" };
    },
    close: async () => {},
  };
}

async function ensure(state: State, order: VolumeOrder, how: VolumeOptions): Promise<VolumeObservation> {
  const { volumeId, sizeBytes } = order.spec;
  const known = find(state, volumeId);
  if (!known) {
    if (order.made) throw volumeLost(`volume ${volumeId} is remembered and is missing`);
    const usedBytes = await fill(state, order, how);
    const nothing = { snapshots: [], copies: [], revertSeq: 0, lost: false };
    state.volumes.set(volumeId, { volumeId, sizeBytes, usedBytes, ...nothing });
  } else if (known.sizeBytes < sizeBytes) {
    how.onPhase?.("extending", null);
    await order.inUse?.resize(sizeBytes);
    known.sizeBytes = sizeBytes;
  }
  state.save();
  return observation(need(state, volumeId));
}

/** What it takes of the disk. */
async function fill(state: State, { spec }: VolumeOrder, how: VolumeOptions): Promise<number> {
  how.signal.throwIfAborted();
  requireRoom(state);
  const { source, volumeId, sizeBytes } = spec;
  if (source.kind === "image" && source.virtualSizeBytes > sizeBytes)
    throw sourceLarger(source.virtualSizeBytes, sizeBytes);
  if (source.kind === "blank" || source.kind === "image") {
    await pause(state.knobs.slowMs, how.signal);
    return emptyBytes;
  }
  const from = answering(state).volumes.get(source.volumeId);
  if (!from) throw sourceMissing(`volume ${source.volumeId} is not here`);
  if (source.kind === "volume" && !from.copies.includes(volumeId))
    throw sourceMissing(`volume ${source.volumeId} is not ready to be copied`);
  if (source.kind === "volume" && from.sizeBytes > sizeBytes) throw sourceLarger(from.sizeBytes, sizeBytes);
  if (source.kind === "snapshot" && !from.snapshots.some((one) => one.snapshotId === source.snapshotId))
    throw snapshotMissing(source.snapshotId);
  how.onPhase?.("copying", null);
  for (let step = 1; step <= steps; step++) {
    await pause(state.knobs.slowMs / steps, how.signal);
    how.onPhase?.("copying", (100 * step) / steps);
  }
  how.signal.throwIfAborted();
  requireRoom(state);
  return from.usedBytes;
}

async function copyOut(
  state: State,
  from: CopySource,
  path: string,
  { signal, onPercent }: CopyOutOptions,
): Promise<void> {
  const { sizeBytes, snapshots, copies } = need(state, from.volumeId);
  requireRoom(state);
  if ("copyId" in from && !copies.includes(from.copyId))
    throw sourceMissing(`volume ${from.volumeId} is not ready to be copied`);
  const found =
    "copyId" in from ? { sizeBytes } : snapshots.find((one) => one.snapshotId === from.snapshotId);
  if (!found) throw snapshotMissing("snapshotId" in from ? from.snapshotId : "");
  await pause(state.knobs.slowMs, signal);
  const text = `simulated volume ${from.volumeId}`;
  await writeFile(path, simulatedImage(found.sizeBytes, text), { mode: 0o600 });
  onPercent(100);
}

function observation({ lost: _lost, snapshots, copies, ...one }: Volume): VolumeObservation {
  const shown = snapshots.map(({ snapshotId }) => ({ snapshotId, quiesced: null }));
  return { ...one, copies: [...copies], snapshots: shown };
}

function find(state: State, volumeId: string): Volume | null {
  const one = answering(state).volumes.get(volumeId) ?? null;
  if (one?.lost) throw volumeLost(`volume ${volumeId} was lost`);
  return one;
}

function need(state: State, volumeId: string): Volume {
  const one = find(state, volumeId);
  if (!one) throw volumeLost(`volume ${volumeId} is not here`);
  return one;
}

function answering(state: State): State {
  if (!state.knobs.vanish) return state;
  throw new CloudError("Unavailable", "The simulated storage does not answer.", {
    reason: "StorageUnreachable",
    retry: "later",
  });
}

function requireRoom({ knobs }: State): void {
  if (knobs.full) throw diskFull("the simulated disk was told to be full");
}

function sum({ volumes }: State, field: "sizeBytes" | "usedBytes"): number {
  return [...volumes.values()].reduce((total, one) => total + one[field], 0);
}

async function pause(ms: number, signal: AbortSignal): Promise<void> {
  if (ms > 0) await sleep(ms, undefined, { signal }).catch(() => {});
  signal.throwIfAborted();
}

/** In one go, so that a volume is on disk before anybody is told of it. */
function store(path: string, volumes: Volume[]): void {
  writeFileSync(`${path}.new`, JSON.stringify(volumes), { mode: 0o600 });
  renameSync(`${path}.new`, path);
}

function load(path: string): Volume[] {
  try {
    return z.array(volume).parse(JSON.parse(readFileSync(path, "utf8")));
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return [];
    throw error;
  }
}
