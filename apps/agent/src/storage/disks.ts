/**
 * The volumes of this hypervisor's guests: a guest is started, or given a volume, only when that is there; and as long as
 * something is done to a guest nobody else does anything to its volumes.
 */
import { setTimeout as delay } from "node:timers/promises";
import { isDeepStrictEqual } from "node:util";
import { CloudError } from "@madang/core/errors";
import type { GuestDisk, GuestSpec } from "@madang/core/wire/guest";
import type { GuestObservation, GuestVolume } from "@madang/drivers/hypervisor/driver";
import type { StorageDriver } from "@madang/drivers/storage/driver";
import { type Holders, volumeInUse } from "./holders.ts";
import type { VolumeLocks } from "./locks.ts";
import type { Volumes } from "./volumes.ts";

export type Disks = {
  /** For a guest that is to run: waits a while for volumes that are being made. */
  connect: (
    disks: readonly GuestDisk[],
    seen: GuestObservation | null,
    signal: AbortSignal,
  ) => Promise<GuestVolume[] | undefined>;
  /** For a guest that is to be off, which must not depend on its volumes: undefined when one can't be told. */
  known: (disks: readonly GuestDisk[]) => Promise<GuestVolume[] | undefined>;
  /** What is done to a guest that has these, or had. */
  during: <T>(
    disks: readonly GuestDisk[],
    seen: GuestObservation | null,
    signal: AbortSignal,
    work: () => Promise<T>,
  ) => Promise<T>;
  /**
   * Before a guest is to run with these, inside `during`. Throws VolumeInUse when another guest runs with one of them: one
   * that was ordered away while its hypervisor was out of reach, say.
   */
  claim: (guestId: string, disks: readonly GuestDisk[]) => Promise<void>;
  /** What is seen is not what is asked for. */
  differ: (spec: Pick<GuestSpec, "disks" | "desired">, seen: GuestObservation | null) => boolean;
};

export type DisksDeps = {
  storage: Pick<StorageDriver, "connection">;
  volumes: Pick<Volumes, "isReady" | "released">;
  holders: Pick<Holders, "all">;
  locks: VolumeLocks;
};

/** Longest an attempt waits for a volume before somebody is told, ms. */
const readyMs = 10_000;
const lookAgainMs = 100;

export function openDisks({ storage, volumes, holders, locks }: DisksDeps): Disks {
  const connected = async (disks: readonly GuestDisk[]) =>
    Promise.all(
      disks.map(async (disk) => ({ ...disk, connection: await storage.connection(disk.volumeId) })),
    );
  return {
    connect: async (disks, seen, signal) => {
      // What it runs with it keeps, whatever is told of the volume by now.
      const held = new Set(seen?.observed === "running" ? volumeIds(seen.disks) : []);
      const wanted = disks.filter(({ volumeId }) => !held.has(volumeId));
      const deadline = performance.now() + readyMs;
      for (;;) {
        const missing = wanted.find(({ volumeId }) => !volumes.isReady(volumeId));
        if (!missing) return connected(disks);
        if (performance.now() >= deadline) throw notReady(missing);
        await delay(lookAgainMs, undefined, { signal });
      }
    },
    known: (disks) => connected(disks).catch(() => undefined),
    during: async (disks, seen, signal, work) => {
      const its = [...new Set([...volumeIds(disks), ...volumeIds(seen?.disks)])];
      if (its.length === 0) return work();
      try {
        return await locks.run(its, signal, work);
      } finally {
        volumes.released(its);
      }
    },
    claim: async (guestId, disks) => {
      for (const { volumeId } of disks) {
        const others = (await holders.all(volumeId)).filter((one) => one.guestId !== guestId);
        const other = others.find(({ running }) => running);
        if (other) throw volumeInUse(volumeId, other);
      }
    },
    differ: ({ disks = [], desired }, seen) => {
      if (!seen?.disks || desired === "absent" || desired === "hold") return false;
      return !isDeepStrictEqual(attachmentIds(disks), attachmentIds(seen.disks));
    },
  };
}

/** Where there is no storage. */
export function noDisks(): Disks {
  return {
    connect: async (disks) => {
      if (disks.length === 0) return [];
      throw new CloudError("Unsupported", "This hypervisor has no volumes.", {
        reason: "StorageMissing",
        retry: "elsewhere",
      });
    },
    known: async () => [],
    during: (_disks, _seen, _signal, work) => work(),
    claim: async () => {},
    differ: () => false,
  };
}

const volumeIds = (disks: readonly { volumeId: string }[] = []) => disks.map(({ volumeId }) => volumeId);

const attachmentIds = (disks: readonly { attachmentId: string }[]) =>
  disks.map(({ attachmentId }) => attachmentId).toSorted();

function notReady({ volumeId }: GuestDisk): CloudError {
  return new CloudError("Unavailable", "A volume of the guest is not ready yet.", {
    reason: "VolumeNotReady",
    params: { volumeId },
    retry: "later",
  });
}
