/**
 * What the agent must remember of a volume beyond what the storage shows: which generation was last acknowledged, that it
 * was made here once, and what became of its snapshots: one that could not be taken, or was and is gone, is not taken at
 * some later moment. On disk before it is used.
 */
import { join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { guestFault } from "@madang/core/wire/guest";
import { z } from "zod";
import { isDiskFull, readJson, writePrivate } from "../link/saved.ts";

const note = z.object({
  ackedGeneration: z.int().nullable(),
  made: z.boolean(),
  failedSnapshots: z.record(z.uuid(), guestFault).default({}),
  /** That the control plane may have been told of. */
  takenSnapshots: z.array(z.uuid()).default([]),
  /** The last one that was not done because a snapshot that was to be taken before it failed. */
  refusedRevertSeq: z.int().default(0),
});
const stored = z.record(z.uuid(), note);
export type VolumeNote = z.infer<typeof note>;

export type VolumeMemory = {
  get: (volumeId: string) => VolumeNote;
  set: (volumeId: string, note: VolumeNote) => Promise<void>;
  forget: (volumeId: string) => Promise<void>;
};

const nothing: VolumeNote = {
  ackedGeneration: null,
  made: false,
  failedSnapshots: {},
  takenSnapshots: [],
  refusedRevertSeq: 0,
};

export async function openVolumeMemory(directory: string): Promise<VolumeMemory> {
  const path = join(directory, "volumes.json");
  const notes = new Map(Object.entries((await readJson(path, stored)) ?? {}));
  let writing: Promise<void> = Promise.resolve();
  let queued: Promise<void> | null = null;

  /** On a full disk the agent goes on with what it knows; the next note is written with all the others. */
  const write = () =>
    writePrivate(path, JSON.stringify(Object.fromEntries(notes))).catch((error: unknown) => {
      if (!isDiskFull(error)) throw error;
    });
  /** One write at a time; whoever changes something during a write shares the next one. */
  const save = (): Promise<void> => {
    queued ??= writing
      .catch(() => {})
      .then(() => {
        queued = null;
        writing = write();
        return writing;
      });
    return queued;
  };
  return {
    get: (volumeId) => notes.get(volumeId) ?? nothing,
    set: async (volumeId, next) => {
      if (isDeepStrictEqual(notes.get(volumeId) ?? nothing, next)) return;
      notes.set(volumeId, next);
      await save();
    },
    forget: async (volumeId) => {
      if (notes.delete(volumeId)) await save();
    },
  };
}
