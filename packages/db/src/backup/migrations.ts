/** The migrations that come with this Madang, as Prisma knows them: by folder name and the SHA-256 of their SQL. */
import { createHash, randomUUID } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import type pg from "pg";
import { BackupFault } from "./fault.ts";
import type { Manifest } from "./manifest.ts";

const folder = join(import.meta.dirname, "../../../../prisma/migrations");

export type Migration = { name: string; checksum: string; sql: string };

export async function ownMigrations(): Promise<Migration[]> {
  const names = (await readdir(folder, { withFileTypes: true })).filter((entry) => entry.isDirectory());
  return await Promise.all(
    names
      .map(({ name }) => name)
      .toSorted()
      .map(async (name) => {
        const sql = await readFile(join(folder, name, "migration.sql"), "utf8");
        return { name, checksum: createHash("sha256").update(sql).digest("hex"), sql };
      }),
  );
}

/** Those of the backup, then those that came since. Throws BackupFault when it has one that is not known here. */
export function splitMigrations(
  own: readonly Migration[],
  { migrations, version }: Pick<Manifest, "migrations" | "version">,
): { before: Migration[]; since: Migration[] } {
  const strange = migrations.find(
    ({ name, checksum }) => !own.some((one) => one.name === name && one.checksum === checksum),
  );
  if (strange)
    throw new BackupFault(
      `The backup was made by Madang ${version} with the migration ${strange.name}, which is not known here. Restore it with that version or a newer one.`,
    );
  const applied = new Set(migrations.map(({ name }) => name));
  return {
    before: own.filter(({ name }) => applied.has(name)),
    since: own.filter(({ name }) => !applied.has(name)),
  };
}

/** Prisma's own table, so that `prisma migrate` goes on from here. */
export async function makeMigrationTable(client: pg.ClientBase): Promise<void> {
  await client.query(`CREATE TABLE "_prisma_migrations" (
    id varchar(36) PRIMARY KEY NOT NULL, checksum varchar(64) NOT NULL, finished_at timestamptz,
    migration_name varchar(255) NOT NULL, logs text, rolled_back_at timestamptz,
    started_at timestamptz NOT NULL DEFAULT now(), applied_steps_count integer NOT NULL DEFAULT 0)`);
}

export async function applyMigrations(
  client: pg.ClientBase,
  migrations: readonly Migration[],
): Promise<void> {
  for (const { sql } of migrations) await client.query(sql);
}

export async function recordMigrations(
  client: pg.ClientBase,
  migrations: readonly Migration[],
): Promise<void> {
  for (const { name, checksum } of migrations)
    await client.query(
      `INSERT INTO "_prisma_migrations" (id, checksum, migration_name, finished_at, applied_steps_count)
       VALUES ($1, $2, $3, now(), 1)`,
      [randomUUID(), checksum, name],
    );
}
