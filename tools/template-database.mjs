import { migrate } from "../boot/migrations.mjs";
import { startTemporaryPostgres } from "../boot/temporary-postgres.mjs";

/** Files of the integration lane that run at a time, each on a server of its own: transaction ids are the server's, so an open transaction of one file would hold up another's events. */
export const servers = 2;

/**
 * Vitest's global setup of the integration lane: its PostgreSQL servers, with all migrations applied to a database that
 * each test file clones (packages/db/src/testing.ts).
 */
export default async function setup(project) {
  const started = [];
  // One after the other: two that begin at once may choose the same port.
  for (let index = 0; index < servers; index++) started.push(await startMigrated());
  project.provide(
    "templateDatabases",
    started.map(({ url }) => url),
  );
  return () => Promise.all(started.map(({ stop }) => stop()));
}

async function startMigrated() {
  const server = await startTemporaryPostgres();
  await migrate({ url: server.url, logs: server.logs, env: process.env });
  return server;
}
