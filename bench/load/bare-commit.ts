/** What this machine's disk and PostgreSQL take for the smallest durable change: one row, one COMMIT. */
import type pg from "pg";

const times = 100;

/** Each in ms, on one connection; the first ones warm it up and do not count. */
export async function bareCommits(database: pg.Pool): Promise<number[]> {
  const connection = await database.connect();
  try {
    await connection.query(
      `CREATE TABLE IF NOT EXISTS bench_commit (id bigint GENERATED ALWAYS AS IDENTITY, at timestamptz)`,
    );
    const samples: number[] = [];
    for (let index = -10; index < times; index++) {
      const since = performance.now();
      await connection.query(`INSERT INTO bench_commit (at) VALUES (now())`);
      if (index >= 0) samples.push(performance.now() - since);
    }
    return samples;
  } finally {
    connection.release();
  }
}
