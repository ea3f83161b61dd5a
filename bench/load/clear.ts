/** Deletes what a figure launched, so that the next one finds an empty cloud. */
import type pg from "pg";
import type { Person } from "./people.ts";

const patienceMs = 300_000;

export async function clearProject({ client, projectId }: Person, database: pg.Pool): Promise<void> {
  const { rows } = await database.query<{ id: string }>(`SELECT id FROM instance WHERE project_id = $1`, [
    projectId,
  ]);
  for (const { id } of rows) await client.post("instance.delete", { projectId, id });
  const limit = Date.now() + patienceMs;
  while (await hasInstances(database, projectId)) {
    if (Date.now() > limit) throw new Error("the instances are still there");
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

async function hasInstances(database: pg.Pool, projectId: string): Promise<boolean> {
  const { rowCount } = await database.query(`SELECT 1 FROM instance WHERE project_id = $1 LIMIT 1`, [
    projectId,
  ]);
  return rowCount === 1;
}
