/**
 * The image store is a folder that web processes and controllers share: complete files under the SHA-256 of what they hold,
 * and beside them what is not an image yet, invisible to everybody else. `incoming/<image id>` is what an upload has
 * brought so far (a web process writes it); `work/<image id>.<random>` is an import's own.
 */
import { chmod, chown, mkdir, open, readdir, rename, rm, stat } from "node:fs/promises";
import { join } from "node:path";

const storedMode = 0o640;
const storedName = /^[0-9a-f]{64}$/;

export type ImageFolder = {
  incoming: (id: string) => string;
  stored: (sha256: string) => string;
  /** A new, empty folder for an import. */
  openWork: (id: string) => Promise<string>;
  /** What earlier imports of it left behind. */
  clearWork: (id: string) => Promise<void>;
  /** Everything that is there of an image that is none yet. */
  clear: (id: string) => Promise<void>;
  /** Gives it its name, durably. */
  keep: (path: string, sha256: string) => Promise<void>;
  forget: (sha256: string) => Promise<void>;
  /** Ids of which something is left that is no image. */
  unfinished: () => Promise<string[]>;
  /** Files that have been there for at least `ageMs`. */
  files: (ageMs: number) => Promise<string[]>;
};

export function openImageFolder(directory: string): ImageFolder {
  const incomingFolder = join(directory, "incoming");
  const workFolder = join(directory, "work");
  const list = (folder: string) => readdir(folder).catch(() => []);
  const clearWork = async (id: string) => {
    const works = (await list(workFolder)).filter((name) => name.startsWith(`${id}.`));
    for (const name of works) await rm(join(workFolder, name), { recursive: true, force: true });
  };
  const clear = async (id: string) => {
    await clearWork(id);
    for (const name of [id, `${id}.json`]) await rm(join(incomingFolder, name), { force: true });
  };
  return {
    incoming: (id) => join(incomingFolder, id),
    stored: (sha256) => join(directory, sha256),
    openWork: async (id) => {
      const path = join(workFolder, `${id}.${crypto.randomUUID()}`);
      await mkdir(path, { recursive: true, mode: 0o711 });
      return path;
    },
    clearWork,
    clear,
    keep: async (path, sha256) => {
      if (process.getuid?.() === 0) await chown(path, 0, 0);
      await chmod(path, storedMode);
      await rename(path, join(directory, sha256));
      const folder = await open(directory, "r");
      await folder.sync().finally(() => folder.close());
    },
    forget: (sha256) => rm(join(directory, sha256), { force: true }),
    unfinished: async () => {
      const names = [...(await list(workFolder)), ...(await list(incomingFolder))];
      return [...new Set(names.map((name) => name.split(".")[0] ?? ""))];
    },
    files: async (ageMs) => {
      const names = (await list(directory)).filter((name) => storedName.test(name));
      const old = await Promise.all(names.map((name) => isOld(join(directory, name), ageMs)));
      return names.filter((_name, index) => old[index]);
    },
  };
}

/** By the time of the last change: files of this machine, and its clock. */
async function isOld(path: string, ageMs: number): Promise<boolean> {
  const found = await stat(path).catch(() => null);
  return found !== null && Date.now() - found.mtimeMs >= ageMs;
}

/** How long nothing was written to it, ms; null: there is no such file. */
export async function idleMs(path: string): Promise<number | null> {
  const found = await stat(path).catch(() => null);
  return found && Date.now() - found.mtimeMs;
}
