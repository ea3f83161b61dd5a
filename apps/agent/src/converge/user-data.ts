/** User data by hash: fetched once, kept in files of ours alone for as long as a guest names it. */
import { createHash } from "node:crypto";
import { readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { CloudError } from "@madang/core/errors";
import type { GuestSpec } from "@madang/core/wire/guest";
import { isDiskFull, readIfThere, writePrivate } from "../link/saved.ts";

export type UserDataStore = {
  get: (sha256: string, signal: AbortSignal) => Promise<Uint8Array>;
  /** Removes what none of these guests names. */
  keep: (guests: readonly GuestSpec[]) => Promise<void>;
};

const hashOf = (content: Uint8Array) => createHash("sha256").update(content).digest("hex");

export function openUserData(
  directory: string,
  fetchUserData: (sha256: string, signal: AbortSignal) => Promise<Uint8Array>,
): UserDataStore {
  const get = async (sha256: string, signal: AbortSignal) => {
    const path = join(directory, sha256);
    const kept = await readIfThere(path);
    if (kept && hashOf(kept) === sha256) return kept;
    const fetched = await fetchUserData(sha256, signal);
    if (hashOf(fetched) !== sha256)
      throw new CloudError("Unavailable", "The user data that arrived is not what was asked for.", {
        reason: "userDataMismatch",
        retry: "later",
      });
    // Kept only to save fetching it again.
    await writePrivate(path, fetched).catch((error: unknown) => {
      if (!isDiskFull(error)) throw error;
    });
    return fetched;
  };
  const keep = async (guests: readonly GuestSpec[]) => {
    const named = new Set(guests.map(({ userDataSha256 }) => userDataSha256));
    const names = await readdir(directory).catch(() => []);
    for (const name of names) if (!named.has(name) && !name.endsWith(".tmp")) await rm(join(directory, name));
  };
  return { get, keep };
}
