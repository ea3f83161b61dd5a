/**
 * One writer of an upload among all web processes, and none while a controller imports it: both hold the same lock of
 * PostgreSQL's. Within a process whoever comes last asks the earlier one to let go, for his connection may be dead.
 */
import type { Database } from "@madang/api/server";
import { CloudError } from "@madang/core/errors";
import { type Lock, type Locker, MemoryLocker } from "@tus/server";

const patienceMs = 10_000;
const askAgainMs = 200;

export function openUploadLocker(database: Pick<Database, "pool">): Locker {
  const here = new MemoryLocker({ acquireLockTimeout: patienceMs });
  return {
    newLock: (id) => {
      const mine = here.newLock(id);
      let release: () => Promise<void> = async () => {};
      const lock: Lock = {
        lock: async (signal, requestRelease) => {
          await mine.lock(signal, requestRelease);
          try {
            release = await lockEverywhere(database, id);
          } catch (error) {
            await mine.unlock();
            throw error;
          }
        },
        unlock: async () => {
          await release();
          await mine.unlock();
        },
      };
      return lock;
    },
  };
}

/** Answers how to let go. Throws Unavailable. */
async function lockEverywhere({ pool }: Pick<Database, "pool">, id: string): Promise<() => Promise<void>> {
  const client = await pool.connect();
  const until = performance.now() + patienceMs;
  try {
    while (!(await tryLock(client, id))) {
      if (performance.now() > until) throw locked();
      await new Promise((resolve) => setTimeout(resolve, askAgainMs));
    }
  } catch (error) {
    client.release(true);
    throw error;
  }
  return async () => {
    const unlock = "SELECT pg_advisory_unlock(hashtextextended($1, 0))";
    const done = await client.query(unlock, [`image:${id}`]).then(
      () => true,
      () => false,
    );
    client.release(!done);
  };
}

type Client = { query: (text: string, values: string[]) => Promise<{ rows: { held: boolean }[] }> };

async function tryLock(client: Client, id: string): Promise<boolean> {
  const take = "SELECT pg_try_advisory_lock(hashtextextended($1, 0)) AS held";
  const { rows } = await client.query(take, [`image:${id}`]);
  return rows[0]?.held === true;
}

function locked(): CloudError {
  return new CloudError("Unavailable", "Somebody else is bringing this file just now.", {
    reason: "imageUploadBusy",
    retry: "later",
  });
}
