/** Volumes as a person has them: made, attached and given back over the API, looked at in the tables. */
import { setTimeout as pause } from "node:timers/promises";
import type pg from "pg";
import type { Person } from "./people.ts";

const patienceMs = 180_000;
const lookEveryMs = 4;

export async function makeVolume(
  { client, projectId }: Person,
  wish: { sizeGib: number; source?: object },
): Promise<string> {
  const id = crypto.randomUUID();
  await client.post("volume.create", { id, projectId, name: "bench", ...wish });
  return id;
}

/** Gives it back; answers once its hypervisor has said that the guest let go of it. */
export async function detachVolume(person: Person, database: pg.Pool, id: string): Promise<void> {
  const { client, projectId } = person;
  await client.post("volume.detach", { projectId, id });
  await untilVolume(database, id, "status = 'available' AND acked_generation = generation");
}

export async function deleteVolume(person: Person, database: pg.Pool, id: string): Promise<void> {
  const { client, projectId } = person;
  await client.post("volume.delete", { projectId, id });
  await until(async () => (await database.query("SELECT 1 FROM volume WHERE id = $1", [id])).rowCount === 0);
}

/** `holds`: SQL over the volume's row. Answers when it was found to hold, on the clock of `performance`. */
export function untilVolume(database: pg.Pool, id: string, holds: string): Promise<number> {
  const sql = `SELECT 1 FROM volume WHERE id = $1 AND ${holds}`;
  return until(async () => (await database.query(sql, [id])).rowCount === 1);
}

async function until(holds: () => Promise<boolean>): Promise<number> {
  for (const limit = Date.now() + patienceMs; Date.now() < limit; await pause(lookEveryMs))
    if (await holds()) return performance.now();
  throw new Error("the volume never came to that");
}

/** Waits for an instance. */
export async function untilInstance(database: pg.Pool, id: string, status: string): Promise<void> {
  const sql = "SELECT 1 FROM instance WHERE id = $1 AND status = $2 AND task_state IS NULL";
  await until(async () => (await database.query(sql, [id, status])).rowCount === 1);
}
