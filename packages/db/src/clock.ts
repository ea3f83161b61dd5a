/**
 * PostgreSQL's clock as seen from this process: the one clock of the cloud. Processes on several machines compare each
 * other's times (signs of life, deadlines, tickets), and their own clocks may be minutes apart or be set while they run.
 */
import type pg from "pg";

export type Clock = {
  /** PostgreSQL's time, within half a round trip; this process's own until PostgreSQL has answered once. */
  now: () => Date;
  /** Resolves when PostgreSQL has answered; rejects when it does not. */
  read: () => Promise<Date>;
};

/** Between two looks it runs on with the machine's monotonic clock, which nobody can set, ms. */
const lookAgainMs = 5_000;

export function openClock(pool: Pick<pg.Pool, "query">): Clock {
  let offset = Date.now() - performance.now();
  let known = false;
  let lookedAt = Number.NEGATIVE_INFINITY;
  const read = async () => {
    const before = performance.now();
    lookedAt = before;
    const { rows } = await pool.query<{ now: Date }>("SELECT clock_timestamp() AS now");
    const after = performance.now();
    if (!rows[0]) return at(offset);
    const told = rows[0].now.getTime();
    // It was told between the two: an answer that waited in a line corrects only what is certainly wrong.
    offset = known ? Math.min(told - before, Math.max(told - after, offset)) : told - (before + after) / 2;
    known = true;
    return at(offset);
  };
  const now = () => {
    // A clock that can't be read goes on; what needs the time needs the database as well.
    if (performance.now() - lookedAt > lookAgainMs) read().catch(() => {});
    return at(offset);
  };
  return { now, read };
}

function at(offset: number): Date {
  return new Date(offset + performance.now());
}
