/**
 * One writer of an upload among all web processes, and none while a controller imports it: both hold the same lock of
 * PostgreSQL's. Within a process whoever comes last asks the earlier one to let go, for his connection may be dead.
 */
import type { Database } from "@madang/api/server";
import { CloudError } from "@madang/core/errors";
import type { Locker } from "@tus/server";

const patienceMs = 10_000;
const askAgainMs = 200;

type Pool = Pick<Database, "pool">;
type Turn = { over: Promise<void>; end: () => void; letGo: () => Promise<void> | void };

/** `onLost`: the connection that held it is gone, so somebody else may write. */
export function openUploadLocker(database: Pool, onLost: (id: string) => void): Locker {
  const turns = new Map<string, Turn>();
  return {
    newLock: (id) => {
      let leave = async () => {};
      return {
        lock: async (signal, letGo) => {
          const waited = AbortSignal.any([signal, AbortSignal.timeout(patienceMs)]);
          const turn = await takeTurn(turns, id, waited, letGo);
          try {
            const release = await lockEverywhere(database, id, waited, () => onLost(id));
            leave = () => release().finally(turn.end);
          } catch (error) {
            turn.end();
            throw error;
          }
        },
        unlock: () => leave(),
      };
    },
  };
}

/** Throws Unavailable. */
async function takeTurn(
  turns: Map<string, Turn>,
  id: string,
  waited: AbortSignal,
  letGo: Turn["letGo"],
): Promise<Turn> {
  const impatient = new Promise<void>((resolve) => {
    waited.addEventListener("abort", () => resolve(), { once: true });
  });
  for (let before = turns.get(id); before; before = turns.get(id)) {
    if (waited.aborted) throw locked();
    await before.letGo();
    await Promise.race([before.over, impatient]);
  }
  const { promise: over, resolve } = Promise.withResolvers<void>();
  const end = () => {
    turns.delete(id);
    resolve();
  };
  const turn = { over, end, letGo };
  turns.set(id, turn);
  return turn;
}

/** Answers how to let go. Throws Unavailable. */
async function lockEverywhere(
  { pool }: Pool,
  id: string,
  waited: AbortSignal,
  onLost: () => void,
): Promise<() => Promise<void>> {
  const client = await pool.connect();
  let held = false;
  // Unheard, a connection that dies would end the process. It may say so twice.
  const lose = () => {
    if (held) onLost();
    held = false;
  };
  client.on("error", lose);
  try {
    while (!(await tryLock(client, id))) {
      if (waited.aborted) throw locked();
      await new Promise((resolve) => setTimeout(resolve, askAgainMs));
    }
  } catch (error) {
    client.release(true);
    throw error;
  }
  held = true;
  return async () => {
    const gone = !held;
    held = false;
    const unlock = "SELECT pg_advisory_unlock(hashtextextended($1, 0))";
    const done =
      !gone &&
      (await client.query(unlock, [`image:${id}`]).then(
        () => true,
        () => false,
      ));
    if (done) client.off("error", lose);
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
