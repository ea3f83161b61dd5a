/** The parts of `npm run restore` that boot/restore.mjs runs one after the other. */
import { parseArgs } from "node:util";
import { checkBackup, restoreDatabase, restoreFiles } from "@madang/api/backup";
import { z } from "zod";
import { readBootstrapEnv } from "./env.ts";

const parts = {
  /** Prints what the person should know, one line of JSON. */
  check: async (path: string) => {
    const { version, madeAt, images, tables } = await checkBackup(path);
    const rows = tables.reduce((sum, table) => sum + table.rows, 0);
    const missing = images.filter(({ included }) => !included);
    process.stdout.write(`${JSON.stringify({ version, madeAt, rows, missing })}\n`);
  },
  files: (path: string) => restoreFiles(path, readBootstrapEnv().data),
  database: async (path: string) => {
    const { databaseUrl } = readBootstrapEnv();
    await restoreDatabase(path, z.string().parse(databaseUrl));
  },
};

const [part, path] = z
  .tuple([z.enum(["check", "files", "database"]), z.string()])
  .parse(parseArgs({ allowPositionals: true }).positionals);

parts[part](path).catch((error) => {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
});
