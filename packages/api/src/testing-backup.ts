/** What tests of the backup back up, and compare. */
import { randomBytes } from "node:crypto";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Database } from "@madang/db";

/** A data folder with what is carried, and what is not. */
export async function makeData(at: string): Promise<string> {
  const files = {
    "secrets/session.key": "a".repeat(64),
    "secrets/seal.key": "b".repeat(64),
    "secrets/postgres.password": "not for another machine",
    "ca/ca.key": "the authority's key",
    "ca/ca.pem": "the authority",
    "ports.json": `{"agent":20001}`,
    "log/web.log": "not kept",
    "images/not-an-image": "not kept",
  };
  for (const [name, text] of Object.entries(files)) {
    await mkdir(join(at, name, ".."), { recursive: true });
    await writeFile(join(at, name), text);
  }
  await writeFile(join(at, "images", "a".repeat(64)), randomBytes(300_000));
  return at;
}

/** Every row of every table as text, sorted; but what a restoration gives anew. */
export async function allRowsOf({ pool }: Database): Promise<Map<string, string[]>> {
  const tables = await pool.query<{ name: string }>(
    `SELECT relname AS name FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p')
     AND NOT relispartition ORDER BY 1`,
  );
  const all = tables.rows.map(async ({ name }) => {
    const { rows } = await pool.query<{ row: string }>(
      `SELECT (to_jsonb(t) - 'xid')::text AS row FROM "${name}" t ORDER BY 1`,
    );
    return [name, rows.map(({ row }) => row)] as const;
  });
  return new Map(await Promise.all(all));
}
