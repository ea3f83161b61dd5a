/**
 * The little an agent must remember of a guest beyond what the hypervisor shows: under which generation and in which boot
 * of the host it was last seen running (so that its own power-off is respected, and a power cut is not taken for a crash),
 * which generation was last acknowledged, and that it was made here once. On disk before it is used.
 */
import { join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { z } from "zod";
import { isDiskFull, readJson, writePrivate } from "../link/saved.ts";

const note = z.object({
  ranGeneration: z.int().nullable(),
  ranBootId: z.uuid().nullable().default(null),
  ackedGeneration: z.int().nullable(),
  /** Its disk was here: if it is missing later, it was lost. */
  made: z.boolean().default(false),
});
const stored = z.record(z.uuid(), note);
export type GuestNote = z.infer<typeof note>;

export type GuestMemory = {
  get: (guestId: string) => GuestNote;
  set: (guestId: string, note: GuestNote) => Promise<void>;
  forget: (guestId: string) => Promise<void>;
  /** Before a drain: whatever stops now is to be started again. */
  forgetRunning: () => Promise<void>;
};

const nothing: GuestNote = { ranGeneration: null, ranBootId: null, ackedGeneration: null, made: false };

export async function openMemory(directory: string): Promise<GuestMemory> {
  const path = join(directory, "guests.json");
  const notes = new Map(Object.entries((await readJson(path, stored)) ?? {}));
  let writing: Promise<void> = Promise.resolve();
  let queued: Promise<void> | null = null;

  /**
   * On a full disk the agent goes on with what it knows, or nothing could be removed any more; the next note is written
   * with all the others. An agent that restarts meanwhile has forgotten and looks at its guests anew.
   */
  const write = () =>
    writePrivate(path, JSON.stringify(Object.fromEntries(notes))).catch((error: unknown) => {
      if (!isDiskFull(error)) throw error;
    });
  /** One write at a time; a change during a write is in the next, which all who changed meanwhile share. */
  const save = (): Promise<void> => {
    queued ??= writing.then(() => {
      queued = null;
      writing = write();
      return writing;
    });
    return queued;
  };

  return {
    get: (guestId) => notes.get(guestId) ?? nothing,
    set: async (guestId, next) => {
      const old = notes.get(guestId) ?? nothing;
      if (isDeepStrictEqual(old, next)) return;
      notes.set(guestId, next);
      await save();
    },
    forget: async (guestId) => {
      if (notes.delete(guestId)) await save();
    },
    forgetRunning: async () => {
      for (const [guestId, old] of notes)
        notes.set(guestId, { ...old, ranGeneration: null, ranBootId: null });
      await save();
    },
  };
}
