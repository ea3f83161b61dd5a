import type { Database } from "./client.ts";

/** Tells this cloud from others, for ever: its first domain is made with it, and moves with its database. */
export async function readCloudId({ pool }: Pick<Database, "pool">): Promise<string> {
  const { rows } = await pool.query<{ id: string }>("SELECT id FROM domain ORDER BY created_at, id LIMIT 1");
  const [first] = rows;
  if (!first) throw new TypeError("the cloud has no domain yet: its bootstrap comes first");
  return first.id;
}
