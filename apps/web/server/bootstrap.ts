/**
 * One shot at every start: prepares the cloud and prints one line of JSON.
 * `--join-token NAME [--hypervisors N]`: tokens for this machine's N hypervisors (NAME, or NAME-1 … NAME-N), if any has
 * not joined yet; several are separated by commas.
 */
import { parseArgs } from "node:util";
import { bootstrap } from "@madang/api/bootstrap";
import { openDatabase } from "@madang/api/server";
import { CloudError } from "@madang/core/errors";
import { findDatabase } from "./database-url.ts";
import { readBootstrapEnv } from "./env.ts";

const env = readBootstrapEnv();
const { values } = parseArgs({
  options: { "join-token": { type: "string" }, hypervisors: { type: "string", default: "1" } },
});

function hypervisorNames(name: string | undefined, count: number): string[] {
  if (!name) return [];
  return count > 1 ? Array.from({ length: count }, (_, index) => `${name}-${index + 1}`) : [name];
}

function imageFile(entry: string): { name: string; path: string } {
  const at = entry.indexOf("=");
  if (at > 0 && at < entry.length - 1) return { name: entry.slice(0, at), path: entry.slice(at + 1) };
  throw new CloudError("InvalidInput", `MADANG_IMAGE_FILES: "${entry}" is not name=path.`);
}

async function run(): Promise<void> {
  const database = openDatabase(await findDatabase(env.databaseUrl, env.data), 4);
  try {
    const { adminName, adminPassword, external, joinTokens } = await bootstrap(database, {
      adminPassword: env.adminPassword,
      images: env.imageFiles.map(imageFile),
      store: env.images,
      external: env.externalNetwork,
      joining: hypervisorNames(values["join-token"], Number(values.hypervisors)),
    });
    const joinToken = joinTokens.length > 0 ? joinTokens.join(",") : null;
    process.stdout.write(`${JSON.stringify({ adminName, adminPassword, joinToken, external })}\n`);
  } finally {
    await database.close();
  }
}

run().catch((error) => {
  const reason = error instanceof CloudError ? ` (${error.options.reason ?? error.code})` : "";
  process.stderr.write(`Bootstrap failed: ${error instanceof Error ? error.message : error}${reason}\n`);
  process.exit(1);
});
