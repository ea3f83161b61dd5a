/** The stand's own PostgreSQL, for what no person would do by hand (filling tables) and for the bare commit. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import pg from "pg";

export async function openDatabase(data: string): Promise<pg.Pool> {
  const ports: { postgres: number } = JSON.parse(await readFile(join(data, "ports.json"), "utf8"));
  const password = (await readFile(join(data, "secrets/postgres.password"), "utf8")).trim();
  const connectionString = `postgresql://madang:${password}@127.0.0.1:${ports.postgres}/madang`;
  const pool = new pg.Pool({ connectionString, max: 2 });
  pool.on("error", () => {});
  return pool;
}
