/** `npm run backup -- FILE`: the cloud as it is now, in one file; it goes on running meanwhile. */
import { resolve } from "node:path";
import { parseArgs } from "node:util";
import { type Manifest, writeBackup } from "@madang/api/backup";
import { findDatabase } from "./database-url.ts";
import { readBootstrapEnv } from "./env.ts";

const usage = `npm run backup -- FILE [--with-images]
FILE gets the database, the authority, keys and settings of MADANG_DATA: whoever reads it can act as the cloud.
`;

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: { "with-images": { type: "boolean", default: false } },
});

async function run(): Promise<void> {
  const [path] = positionals;
  if (!path || positionals.length > 1) {
    process.stderr.write(usage);
    process.exitCode = 2;
    return;
  }
  const env = readBootstrapEnv();
  const manifest = await writeBackup({
    databaseUrl: await findDatabase(env.databaseUrl, env.data),
    data: env.data,
    secrets: env.secrets,
    authority: env.authority,
    imageStore: env.images,
    withImages: values["with-images"],
    path: resolve(path),
  });
  process.stdout.write(summary(path, manifest));
}

function summary(path: string, { tables, images, madeAt }: Manifest): string {
  const rows = tables.reduce((sum, table) => sum + table.rows, 0);
  const missing = images.filter(({ included }) => !included);
  const files = missing.map(({ name, sha256 }) => `  ${sha256}  ${name}\n`).join("");
  const left = values["with-images"]
    ? "These image files could not be read:"
    : "These image files are not in it (--with-images takes them along):";
  return `${path}: ${rows} rows of ${tables.length} tables as of ${madeAt}\n${files === "" ? "" : `${left}\n${files}`}`;
}

// What was begun goes with the process: it would be a file full of keys that nobody looks for.
for (const name of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.once(name, () => process.exit(130));

run().catch((error) => {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
});
