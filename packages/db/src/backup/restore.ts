/** A backup's contents put back: its files below an empty folder, its rows into an empty database, all of them or none. */
import { X509Certificate } from "node:crypto";
import { mkdir, open } from "node:fs/promises";
import { dirname, join } from "node:path";
import { finished, pipeline } from "node:stream/promises";
import pg from "pg";
import { type CopyStreamQuery, from as copyFrom } from "pg-copy-streams";
import { z } from "zod";
import { gather, readEntries, verifyArchive } from "./archive-reader.ts";
import { BackupFault } from "./fault.ts";
import { imageOf, isKeptFile, type Manifest, type ManifestTable } from "./manifest.ts";
import {
  applyMigrations,
  makeMigrationTable,
  ownMigrations,
  recordMigrations,
  splitMigrations,
} from "./migrations.ts";
import { columnList, tablesInOrder } from "./tables.ts";

/** Judges all of it, this Madang's ability to take it included. Throws BackupFault. */
export async function checkBackup(path: string): Promise<Manifest> {
  const manifest = await verifyArchive(path);
  splitMigrations(await ownMigrations(), manifest);
  const strange = manifest.files.find((name) => !isKeptFile(name) && imageOf(name) === null);
  if (strange !== undefined)
    throw new BackupFault(`${path} has a file that is none of Madang's: ${strange}.`);
  return manifest;
}

/**
 * Keys, authority, ports, this machine's identities, images: below `data`, which must not have them. An identity whose
 * certificate is over is left out: the machine joins anew. Throws BackupFault.
 */
export async function restoreFiles(path: string, data: string): Promise<void> {
  const { files } = await checkBackup(path);
  const over = await expiredIdentities(path, files);
  for await (const { name, content } of readEntries(path)) {
    if (!files.includes(name) || over.has(name)) {
      await skip(content);
      continue;
    }
    const target = join(data, name);
    await mkdir(dirname(target), { recursive: true, mode: folderModeOf(name) });
    const file = await open(target, "wx", fileModeOf(name));
    await pipeline(content, file.createWriteStream({ flush: true }));
  }
}

/** Guests' own users pass through the agent's folder. */
function folderModeOf(name: string): number {
  if (name.startsWith("secrets/")) return 0o700;
  return imageOf(name) === null ? 0o711 : 0o750;
}

function fileModeOf(name: string): number {
  if (imageOf(name) !== null) return 0o640;
  return name.endsWith(".pem") ? 0o644 : 0o600;
}

const identity = z.object({ hypervisorId: z.uuid(), certificate: z.string() });
const largestIdentity = 64 * 1024;

/** The file's name and its hypervisor's id. */
async function expiredIdentities(path: string, files: readonly string[]): Promise<Map<string, string>> {
  const identities = new Set(files.filter((name) => name.startsWith("agent/")));
  const over = new Map<string, string>();
  if (identities.size === 0) return over;
  for await (const { name, content } of readEntries(path)) {
    if (!identities.delete(name)) {
      await skip(content);
      continue;
    }
    const { certificate, hypervisorId } = identity.parse(
      JSON.parse((await gather(content, largestIdentity)).toString("utf8")),
    );
    if (Date.parse(new X509Certificate(certificate).validTo) <= Date.now()) over.set(name, hypervisorId);
    if (identities.size === 0) break;
  }
  return over;
}

async function skip(content: AsyncIterable<Buffer>): Promise<void> {
  for await (const _chunk of content);
}

/**
 * One transaction: the schema as it was, every row, then the migrations that came since. Guests' generations are raised
 * above what agents that lived on may hold. What could only be wrong now is ended: sessions, links to set a password, and hypervisors of this machine whose certificates are over. Throws BackupFault.
 */
export async function restoreDatabase(path: string, databaseUrl: string): Promise<Manifest> {
  const manifest = await checkBackup(path);
  const { before, since } = splitMigrations(await ownMigrations(), manifest);
  await makeDatabase(databaseUrl);
  const client = new pg.Client({ connectionString: databaseUrl });
  client.on("error", () => {});
  await client.connect();
  try {
    await client.query("BEGIN");
    await requireEmpty(client);
    await makeMigrationTable(client);
    await applyMigrations(client, before);
    await emptyOf(client);
    await makeMonths(client, manifest.months);
    await copyIn(client, path, manifest);
    await setSequences(client);
    await applyMigrations(client, since);
    await recordMigrations(client, since);
    await overtakeAgents(client);
    await endWhatIsOver(client, [...(await expiredIdentities(path, manifest.files)).values()]);
    await client.query("COMMIT");
    await client.query("ANALYZE");
    return manifest;
  } finally {
    await client.end();
  }
}

/** As Prisma does before it migrates. */
async function makeDatabase(databaseUrl: string): Promise<void> {
  const url = new URL(databaseUrl);
  const name = decodeURIComponent(url.pathname.slice(1));
  url.pathname = "/postgres";
  const client = new pg.Client({ connectionString: url.toString() });
  client.on("error", () => {});
  const connected = await client.connect().then(
    () => true,
    () => false,
  );
  try {
    if (!connected) return;
    const { rowCount } = await client.query("SELECT 1 FROM pg_database WHERE datname = $1", [name]);
    if (rowCount === 0) await client.query(`CREATE DATABASE "${name.replaceAll('"', '""')}"`);
  } finally {
    await client.end();
  }
}

async function requireEmpty(client: pg.Client): Promise<void> {
  // Whoever else restores here at the same time finds it full.
  await client.query("SELECT pg_advisory_xact_lock(hashtext('madang_restore'))");
  const { rows } = await client.query<{ tables: number }>(
    `SELECT count(*)::int AS tables FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p')`,
  );
  if (rows[0]?.tables !== 0)
    throw new BackupFault("The database is not empty. A backup is restored only into an empty one.");
}

/** A migration may fill a table itself; what counts is what was there when the backup was made. */
async function emptyOf(client: pg.Client): Promise<void> {
  const names = (await tablesInOrder(client)).map(({ name }) => `"${name}"`);
  await client.query(`TRUNCATE ${names.join(", ")}`);
}

/** Rows of a month without a partition would lie in the default one, and the month could never get its own. */
async function makeMonths(client: pg.Client, months: readonly string[]): Promise<void> {
  for (const month of months) {
    const first = `${month.replace("_", "-")}-01`;
    await client.query(`DO $$ BEGIN IF to_regclass('event_${month}') IS NULL THEN
      EXECUTE format('CREATE TABLE event_${month} PARTITION OF event FOR VALUES FROM (%L) TO (%L)',
        '${first} 00:00+00'::timestamptz, ('${first}'::timestamp + interval '1 month') AT TIME ZONE 'UTC'); END IF; END $$`);
  }
}

async function copyIn(client: pg.Client, path: string, { tables }: Manifest): Promise<void> {
  await requireShapes(client, tables);
  const tableOf = new Map(tables.flatMap((table) => table.members.map((member) => [member, table] as const)));
  let current: { table: ManifestTable; copy: CopyStreamQuery } | null = null;
  for await (const { name, content } of readEntries(path)) {
    const table = tableOf.get(name);
    if (current && current.table !== table) current = await endCopy(current.copy);
    if (!table) {
      await skip(content);
      continue;
    }
    current ??= { table, copy: startCopy(client, table) };
    await pipeline(content, current.copy, { end: false });
  }
  if (current) await endCopy(current.copy);
  await requireCounts(client, tables);
}

async function requireShapes(client: pg.Client, tables: readonly ManifestTable[]): Promise<void> {
  const known = new Map((await tablesInOrder(client)).map((table) => [table.name, table.columns]));
  const strange = tables.find(({ name, columns }) =>
    columns.some((column) => !known.get(name)?.includes(column)),
  );
  if (strange) throw new BackupFault(`The backup's table ${strange.name} is not one of its migrations'.`);
}

function startCopy(client: pg.Client, { name, columns }: ManifestTable): CopyStreamQuery {
  return client.query(copyFrom(`COPY "${name}" (${columnList(columns)}) FROM STDIN`));
}

async function endCopy(copy: CopyStreamQuery): Promise<null> {
  copy.end();
  await finished(copy);
  return null;
}

async function requireCounts(client: pg.Client, tables: readonly ManifestTable[]): Promise<void> {
  for (const { name, rows: expected } of tables) {
    const { rows } = await client.query<{ count: number }>(`SELECT count(*)::int AS count FROM "${name}"`);
    if (rows[0]?.count !== expected)
      throw new BackupFault(`${name} has ${rows[0]?.count} rows, not the ${expected} of the backup.`);
  }
}

async function setSequences(client: pg.Client): Promise<void> {
  const { rows } = await client.query<{ sequence: string; table: string; column: string }>(
    `SELECT d.objid::regclass::text AS sequence, d.refobjid::regclass::text AS table, quote_ident(a.attname) AS column
     FROM pg_depend d JOIN pg_class s ON s.oid = d.objid AND s.relkind = 'S'
       JOIN pg_attribute a ON a.attrelid = d.refobjid AND a.attnum = d.refobjsubid
     WHERE s.relnamespace = 'public'::regnamespace AND d.deptype IN ('a', 'i')`,
  );
  for (const { sequence, table, column } of rows)
    await client.query(
      `SELECT setval('${sequence}', coalesce((SELECT max(${column}) FROM ${table}), 0) + 1, false)`,
    );
}

/**
 * Agents that lived on hold later generations than the backup: they take no order below theirs, and a report above the
 * database's own does not count. The generation of a guest or a volume rises more slowly than once a second, so the seconds
 * since 2020 are ahead of whatever was told since, by this cloud or by an earlier restoration of it; they fit an integer
 * until 2088. What was acknowledged stays: agents answer anew.
 */
async function overtakeAgents(client: pg.Client): Promise<void> {
  for (const table of ["guest", "left_guest", "volume"])
    await client.query(
      `UPDATE ${table} SET generation = greatest(generation, extract(epoch FROM now() - timestamptz '2020-01-01 00:00+00')::int) + 1`,
    );
}

/** A session that was ended after the backup was made must not live again, nor a link that was used. */
async function endWhatIsOver(client: pg.Client, hypervisorIds: readonly string[]): Promise<void> {
  await client.query(`UPDATE hypervisor SET revoked_at = now() WHERE id = ANY($1) AND revoked_at IS NULL`, [
    hypervisorIds,
  ]);
  await client.query(`UPDATE session SET revoked_at = now() WHERE revoked_at IS NULL`);
  await client.query(`DELETE FROM password_reset WHERE used_at IS NULL`);
  await client.query(`UPDATE join_token SET expires_at = now() WHERE used_at IS NULL AND expires_at > now()`);
}
