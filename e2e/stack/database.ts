/** The cloud's own PostgreSQL, asked directly. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import pg from "pg";
import { sharedCloud } from "./shared.ts";

/** Rows of one query, over a connection of its own. */
export async function sql<T extends pg.QueryResultRow>(text: string, values: unknown[] = []): Promise<T[]> {
  const client = new pg.Client({ connectionString: await databaseUrl() });
  await client.connect();
  try {
    return (await client.query<T>(text, values)).rows;
  } finally {
    await client.end();
  }
}

async function databaseUrl(): Promise<string> {
  const { data } = sharedCloud();
  const ports: { postgres: number } = JSON.parse(await readFile(join(data, "ports.json"), "utf8"));
  const password = (await readFile(join(data, "secrets/postgres.password"), "utf8")).trim();
  return `postgresql://madang:${password}@127.0.0.1:${ports.postgres}/madang`;
}

/** How many rows of each kind still name the instance or its guest; `resource_id`, events and operations stay for ever. */
export async function rowsLeft(instanceId: string, guestId: string): Promise<number> {
  const [row] = await sql<{ left: number }>(
    `SELECT (SELECT count(*) FROM instance WHERE id = $1::uuid) + (SELECT count(*) FROM guest WHERE instance_id = $1::uuid)
      + (SELECT count(*) FROM allocation WHERE guest_id = $2::uuid) + (SELECT count(*) FROM user_data WHERE instance_id = $1::uuid)
      + (SELECT count(*) FROM console_session WHERE instance_id = $1::uuid) AS left`,
    [instanceId, guestId],
  );
  return Number(row?.left);
}
