/**
 * At most one process works on an image: whoever holds a lock of PostgreSQL's by a connection of its own. A process that is
 * killed loses it with the connection, and the next may begin at once.
 */
import type { Database } from "@madang/db";

export type Lease = {
  /** Aborted when the connection, and the lock with it, is lost. */
  signal: AbortSignal;
  release: () => Promise<void>;
};

/** null: somebody else works on it. */
export async function takeLease({ pool }: Pick<Database, "pool">, imageId: string): Promise<Lease | null> {
  const client = await pool.connect();
  const key = `image:${imageId}`;
  const lost = new AbortController();
  const onLoss = () => lost.abort(new Error("the database's connection was lost"));
  // A lost connection tells of it more than once.
  client.on("error", onLoss);
  client.once("end", onLoss);
  const leave = (broken: boolean) => {
    client.release(broken);
    // The pool listens again to what it keeps; nobody does to what it throws away.
    if (!broken) client.off("error", onLoss);
    client.off("end", onLoss);
  };
  try {
    const { rows } = await client.query<{ held: boolean }>(
      "SELECT pg_try_advisory_lock(hashtextextended($1, 0)) AS held",
      [key],
    );
    if (rows[0]?.held !== true) {
      leave(false);
      return null;
    }
  } catch (error) {
    leave(true);
    throw error;
  }
  const release = async () => {
    const unlocked = await client.query("SELECT pg_advisory_unlock(hashtextextended($1, 0))", [key]).then(
      () => true,
      () => false,
    );
    leave(!unlocked);
  };
  return { signal: lost.signal, release };
}
