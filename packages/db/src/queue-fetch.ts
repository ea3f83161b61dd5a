/**
 * How a worker finds the next row to reconcile. pg-boss leaves out rows whose pass is under way by a list of keys that each
 * process refreshes once a minute: a row that was in it waited out that minute, though nobody was at it any more, and one
 * that was not yet in it, first in the queue, made every fetch of everybody come back empty. Here the fetch itself looks.
 */
import type { PgBoss } from "pg-boss";

/** pg-boss's own words (12.35): a version that says it otherwise must be looked at, so it is refused. */
const fetchStatement = /\bnext AS \(\s+SELECT\b[\s\S]*?\bFROM (\S+) j\s+WHERE [\s\S]*?\bNOT j\.blocked\b/;

/** The same key active twice is what the policy forbids; PostgreSQL answers this from that very index. */
const isFree = (table: string) => `NOT EXISTS (SELECT 1 FROM ${table} busy WHERE busy.name = j.name
  AND busy.state = 'active' AND busy.policy = 'stately'
  AND COALESCE(busy.singleton_key, '') = COALESCE(j.singleton_key, ''))`;

export function lookForFreeRows(boss: PgBoss): void {
  const db = boss.getDb();
  const execute = db.executeSql.bind(db);
  const executeSql: typeof db.executeSql = async (text, ...values) => {
    const result = await execute(freeOnly(text), ...values);
    for (const row of result.rows ?? []) if ("singletonsActive" in row) row.singletonsActive = null;
    return result;
  };
  Object.assign(db, { executeSql });
}

function freeOnly(text: string): string {
  if (!text.includes("next AS (") || !text.includes("SKIP LOCKED")) return text;
  const [found, table] = fetchStatement.exec(text) ?? [];
  if (!found || !table) throw new Error("pg-boss fetches in another way than this was written for");
  return text.replace(found, `${found} AND ${isFree(table)}`);
}
