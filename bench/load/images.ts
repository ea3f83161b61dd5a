/** Images as a person brings them, looked at in the tables. */
import { setTimeout as pause } from "node:timers/promises";
import type pg from "pg";
import type { Person } from "./people.ts";

const patienceMs = 300_000;
const lookEveryMs = 4;

/** Answers when it was found active, on the clock of `performance`. */
export async function untilActive(database: pg.Pool, id: string): Promise<number> {
  for (const limit = Date.now() + patienceMs; Date.now() < limit; await pause(lookEveryMs)) {
    const { rows } = await database.query<{ status: string; fault: unknown }>(
      "SELECT status, fault FROM image WHERE id = $1",
      [id],
    );
    const now = performance.now();
    if (rows[0]?.status === "active") return now;
    if (rows[0]?.fault) throw new Error(`the image was refused: ${JSON.stringify(rows[0].fault)}`);
  }
  throw new Error("the image never became active");
}

export async function deleteImage(
  { client, projectId }: Person,
  database: pg.Pool,
  id: string,
): Promise<void> {
  await client.post("image.delete", { projectId, id });
  for (const limit = Date.now() + patienceMs; Date.now() < limit; await pause(50))
    if ((await database.query("SELECT 1 FROM image WHERE id = $1", [id])).rowCount === 0) return;
  throw new Error("the image is still there");
}
