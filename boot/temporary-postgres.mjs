import { randomBytes } from "node:crypto";
import { chmodSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { barrierAbove } from "./data-folder.mjs";
import { choosePorts } from "./ports.mjs";
import { preparePostgres } from "./postgres.mjs";
import { readSettings } from "./settings.mjs";
import { createSupervisor } from "./supervisor.mjs";

/** A crash loses such a database anyway, so it never waits for the disk. */
const careless = {
  fsync: "off",
  synchronous_commit: "off",
  full_page_writes: "off",
  max_connections: 300,
  shared_buffers: "128MB",
};

function emptyFolder() {
  const base = barrierAbove(tmpdir()) ? "/tmp" : tmpdir();
  const folder = mkdtempSync(`${base}/madang-postgres-`);
  chmodSync(folder, 0o711);
  return folder;
}

/** A PostgreSQL of its own for tests and checks, gone without a trace after `stop`. `url` names a database to come. */
export async function startTemporaryPostgres() {
  const { root, base } = readSettings({ PATH: process.env.PATH });
  const data = emptyFolder();
  const supervisor = createSupervisor({ data, say: (text) => process.stderr.write(`${text}\n`) });
  const ports = await choosePorts(`${data}/ports.json`, { postgres: { host: "127.0.0.1", fixed: null } });
  const password = randomBytes(16).toString("hex");
  const { url, definition } = preparePostgres({
    data,
    root,
    base,
    password,
    port: ports.postgres,
    extra: careless,
  });
  const remove = () => rmSync(data, { recursive: true, force: true });
  // Whoever leaves without `stop` takes the server along by its death signal; the folder goes here.
  process.once("exit", remove);
  await supervisor.start(definition);
  const stop = async () => {
    await supervisor.stop();
    remove();
  };
  return { url, data, logs: `${data}/log`, stop };
}
