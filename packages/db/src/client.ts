/**
 * Connections. Admission, reads and agents use separate pools, so that a flood on one starves none of the others.
 */
import { PrismaPg } from "@prisma/adapter-pg";
import pg from "pg";
import { openClock } from "./clock.ts";
import { PrismaClient } from "./generated/client.ts";
import { noName, openStatementNames } from "./statement-name.ts";

export type Prisma = PrismaClient;
/** What runs inside `transaction()`: the same client without the calls that would leave the transaction. */
export type Tx = Parameters<Parameters<PrismaClient["$transaction"]>[0]>[0];

export type Database = {
  prisma: Prisma;
  pool: pg.Pool;
  url: string;
  /** The database's clock: what is written into rows or compared with them is never told by this process's own. */
  now: () => Date;
  /** Makes sure that `now` knows it. Rejects when the database does not answer. */
  readClock: () => Promise<Date>;
  close: () => Promise<void>;
};

/**
 * `lock_timeout`: a statement waits at most 3 s for a row lock (design: Unavailable, retry later). The other one ends a
 * transaction whose process froze in the middle of it, for its locks would keep out everybody else, ms.
 */
const limits =
  "-c lock_timeout=3000 -c idle_in_transaction_session_timeout=20000 -c default_transaction_isolation=read\\ committed";

/** `max` is the number of connections. */
export function openDatabase(url: string, max = 10): Database {
  const pool = new pg.Pool({ connectionString: url, max, options: limits });
  // An idle connection that dies (PostgreSQL restarted) is replaced at the next use; unheard, it would end the process.
  pool.on("error", () => {});
  const names = openStatementNames();
  const adapter = new PrismaPg(pool, {
    statementNameGenerator: ({ sql, args }) => (args.length > 0 ? names.of(sql) : noName),
  });
  const prisma = new PrismaClient({ adapter });
  const clock = openClock(pool);
  const close = async () => {
    await prisma.$disconnect();
    if (!pool.ended) await pool.end();
  };
  return { prisma, pool, url, now: clock.now, readClock: clock.read, close };
}
