/** The tables of the public schema as PostgreSQL itself knows them. */
import type pg from "pg";
import { BackupFault } from "./fault.ts";

export type TableShape = { name: string; columns: string[] };
type Client = Pick<pg.ClientBase, "query">;

export const migrationTable = "_prisma_migrations";

/** Transaction ids of another cluster mean nothing: rows of the trail get that of their restoration. */
const leftToDefault: Readonly<Record<string, readonly string[]>> = { event: ["xid"] };

/** Those that others refer to come first; a partitioned one stands for its partitions. */
export async function tablesInOrder(client: Client): Promise<TableShape[]> {
  const { rows } = await client.query<{ name: string; columns: string[]; needs: string[] }>(
    `SELECT c.relname AS name,
       (SELECT array_agg(a.attname::text ORDER BY a.attnum) FROM pg_attribute a
         WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = '') AS columns,
       (SELECT coalesce(array_agg(DISTINCT r.relname::text), '{}') FROM pg_constraint f
         JOIN pg_class r ON r.oid = f.confrelid WHERE f.conrelid = c.oid AND f.contype = 'f' AND f.confrelid <> c.oid) AS needs
     FROM pg_class c WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition
     ORDER BY c.relname`,
  );
  const waiting = new Map(rows.map((row) => [row.name, row]));
  const ordered: TableShape[] = [];
  while (waiting.size > 0) {
    const ready = [...waiting].filter(([, { needs }]) => !needs.some((need) => waiting.has(need)));
    if (ready.length === 0) throw new BackupFault("Tables refer to each other in a circle.");
    for (const [name, { columns }] of ready) {
      ordered.push({ name, columns: columns.filter((column) => !leftToDefault[name]?.includes(column)) });
      waiting.delete(name);
    }
  }
  return ordered;
}

export function columnList(columns: readonly string[]): string {
  return columns.map((column) => `"${column}"`).join(", ");
}
