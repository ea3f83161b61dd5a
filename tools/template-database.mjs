import { migrate } from "../boot/migrations.mjs";
import { startTemporaryPostgres } from "../boot/temporary-postgres.mjs";

/**
 * Vitest's global setup of the integration lane: one PostgreSQL for the run, with all migrations applied to a database
 * that each test file clones (packages/db/src/testing.ts).
 */
export default async function setup(project) {
  const server = await startTemporaryPostgres();
  await migrate({ url: server.url, logs: server.logs, env: process.env });
  project.provide("templateDatabase", server.url);
  return server.stop;
}
