/** The whole cloud in one file, as it was at one moment, while it runs. */
import { createReadStream } from "node:fs";
import { readdir, readFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { version } from "@madang/core/version";
import pg from "pg";
import { to as copyTo } from "pg-copy-streams";
import { type ArchiveWriter, openArchive } from "./archive-writer.ts";
import { BackupFault } from "./fault.ts";
import {
  formatVersion,
  isKeptFile,
  type Manifest,
  type ManifestImage,
  type ManifestTable,
  manifestName,
} from "./manifest.ts";
import { columnList, migrationTable, type TableShape, tablesInOrder } from "./tables.ts";

export type BackupWish = {
  databaseUrl: string;
  /** MADANG_DATA */
  data: string;
  /** Folder of the keys: MADANG_SECRETS. */
  secrets: string;
  /** MADANG_CA */
  authority: string;
  imageStore: string;
  withImages: boolean;
  path: string;
};

/** As much of a table as is in memory at once, bytes. */
const share = 4 * 1024 * 1024;

/** Answers what is in it. Throws BackupFault; then there is no file. */
export async function writeBackup(wish: BackupWish): Promise<Manifest> {
  const archive = await openArchive(wish.path);
  try {
    const files = await addFiles(archive, wish);
    const told = await withSnapshot(wish.databaseUrl, (client) => addDatabase(client, archive, wish));
    const manifest: Manifest = {
      product: "madang",
      format: formatVersion,
      version,
      ...told,
      files: [...files, ...told.files],
      members: [...archive.members],
    };
    await archive.add(manifestName, Buffer.from(JSON.stringify(manifest)));
    await archive.finish();
    return manifest;
  } catch (error) {
    await archive.abandon();
    throw error;
  }
}

/** Everything read by `work` is of one moment, whatever is written meanwhile. */
async function withSnapshot<T>(url: string, work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({
    connectionString: url,
    options: "-c idle_in_transaction_session_timeout=0",
  });
  // It is heard of by the query that was under way.
  client.on("error", () => {});
  await client.connect().catch((error: unknown) => {
    const why = error instanceof Error ? error.message : String(error);
    throw new BackupFault(`PostgreSQL does not answer (${why}). Is the cloud running?`, error);
  });
  try {
    await client.query("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY");
    await client.query(
      "SET LOCAL datestyle = 'ISO'; SET LOCAL timezone = 'UTC'; SET LOCAL extra_float_digits = 3; SET LOCAL bytea_output = 'hex'; SET LOCAL client_encoding = 'UTF8'",
    );
    return await work(client);
  } finally {
    await client.end();
  }
}

async function addDatabase(client: pg.Client, archive: ArchiveWriter, wish: BackupWish) {
  const migrations = await appliedMigrations(client);
  const tables: ManifestTable[] = [];
  for (const table of await tablesInOrder(client)) tables.push(await addTable(client, archive, table));
  const { images, files } = await addImages(client, archive, wish);
  return { ...(await aboutServer(client)), migrations, tables, months: await months(client), images, files };
}

async function aboutServer(client: pg.Client): Promise<{ madeAt: string; postgres: string }> {
  const { rows } = await client.query<{ now: Date; postgres: string }>(
    "SELECT now() AS now, current_setting('server_version') AS postgres",
  );
  return { madeAt: (rows[0]?.now ?? new Date(0)).toISOString(), postgres: rows[0]?.postgres ?? "" };
}

async function appliedMigrations(client: pg.Client): Promise<Manifest["migrations"]> {
  const { rows } = await client.query<{ name: string; checksum: string; finished: boolean }>(
    `SELECT migration_name AS name, checksum, finished_at IS NOT NULL AS finished FROM "${migrationTable}"
     WHERE rolled_back_at IS NULL ORDER BY migration_name`,
  );
  if (rows.length > 0 && rows.every(({ finished }) => finished))
    return rows.map(({ name, checksum }) => ({ name, checksum }));
  throw new BackupFault("The database is not migrated, or a migration did not end. Run npm start first.");
}

async function addTable(
  client: pg.Client,
  archive: ArchiveWriter,
  table: TableShape,
): Promise<ManifestTable> {
  const columns = columnList(table.columns);
  const copy = client.query(copyTo(`COPY (SELECT ${columns} FROM "${table.name}") TO STDOUT`));
  const members: string[] = [];
  let chunks: Buffer[] = [];
  let size = 0;
  const flush = async () => {
    if (size === 0) return;
    const name = `table/${table.name}/${String(members.length).padStart(6, "0")}`;
    members.push(name);
    await archive.add(name, Buffer.concat(chunks));
    chunks = [];
    size = 0;
  };
  for await (const chunk of copy) {
    chunks.push(chunk);
    size += chunk.length;
    if (size >= share) await flush();
  }
  await flush();
  return { ...table, rows: copy.rowCount, members };
}

async function months(client: pg.Client): Promise<string[]> {
  const { rows } = await client.query<{ month: string }>(
    `SELECT substring(c.relname FROM '^event_(\\d{4}_\\d{2})$') AS month FROM pg_inherits i
     JOIN pg_class c ON c.oid = i.inhrelid WHERE i.inhparent = 'event'::regclass AND c.relname ~ '^event_\\d{4}_\\d{2}$'
     ORDER BY 1`,
  );
  return rows.map(({ month }) => month);
}

/** Without one of these a cloud would be restored that can't open its own secrets, or that no hypervisor knows. */
const required = ["secrets/session.key", "secrets/seal.key", "ca/ca.key", "ca/ca.pem"];

async function addFiles(archive: ArchiveWriter, wish: BackupWish): Promise<string[]> {
  const { data, secrets, authority } = wish;
  const agents = (await orAbsent(readdir(join(data, "agent")))) ?? [];
  const folders = ["agent", ...agents.map((name) => `agent/${name}`)];
  const names = ["ports.json", "admin-password", ...folders.map((name) => `${name}/identity.json`)];
  const sources = new Map(names.filter(isKeptFile).map((name) => [name, join(data, name)]));
  for (const name of required)
    sources.set(name, join(name.startsWith("ca/") ? authority : secrets, basename(name)));
  const added: string[] = [];
  for (const [name, source] of [...sources].toSorted()) {
    const content = await orAbsent(readFile(source));
    if (content) {
      await archive.add(name, content);
      added.push(name);
    } else if (required.includes(name))
      throw new BackupFault(
        `There is no ${name} (${source}). Set MADANG_DATA to the folder of a cloud that has run.`,
      );
  }
  return added;
}

/** null for what is not there; what can't be read is no reason to go without it. */
async function orAbsent<T>(reading: Promise<T>): Promise<T | null> {
  return await reading.catch((error: unknown) => {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return null;
    throw error;
  });
}

async function addImages(client: pg.Client, archive: ArchiveWriter, { imageStore, withImages }: BackupWish) {
  const { rows } = await client.query<{ name: string; sha256: string }>(
    `SELECT min(name) AS name, sha256 FROM image WHERE sha256 IS NOT NULL GROUP BY sha256 ORDER BY 1`,
  );
  const images: ManifestImage[] = [];
  const files: string[] = [];
  for (const row of rows) {
    const source = join(imageStore, row.sha256);
    const included = withImages && (await isReadable(source));
    if (included) {
      await archive.addFile(`images/${row.sha256}`, source);
      files.push(`images/${row.sha256}`);
    }
    images.push({ ...row, included });
  }
  return { images, files };
}

async function isReadable(path: string): Promise<boolean> {
  const stream = createReadStream(path, { end: 0 });
  try {
    for await (const _first of stream) return true;
    return false;
  } catch {
    return false;
  }
}
