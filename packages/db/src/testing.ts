import { randomUUID } from "node:crypto";
import pg from "pg";
import { inject } from "vitest";

declare module "vitest" {
  export interface ProvidedContext {
    /** URLs of the migrated databases that tools/template-database.mjs made for this run, one for each file at a time. */
    templateDatabases: string[];
  }
}

export type FreshDatabase = {
  url: string;
  /** Removes it, whoever is still connected. */
  drop: () => Promise<void>;
};

function urlOf(template: string, database: string): string {
  const url = new URL(template);
  url.pathname = `/${database}`;
  return url.toString();
}

async function execute(url: string, sql: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    await client.query(sql);
  } finally {
    await client.end();
  }
}

/** URL of the migrated database on the server that is this worker's alone. Throws where there is none. */
export function templateDatabase(): string {
  const url = inject("templateDatabases")[Number(process.env.VITEST_POOL_ID ?? 1) - 1];
  if (url === undefined) throw new Error("More files run at a time than there are servers.");
  return url;
}

/** An empty database with all migrations applied, of its own for one test file: a clone, so it takes a fraction of a second. */
export function freshDatabase(): Promise<FreshDatabase> {
  return makeDatabase(`TEMPLATE "${new URL(templateDatabase()).pathname.slice(1)}"`);
}

/** One without a single table. */
export function emptyDatabase(): Promise<FreshDatabase> {
  return makeDatabase("TEMPLATE template0");
}

async function makeDatabase(from: string): Promise<FreshDatabase> {
  const template = templateDatabase();
  const admin = urlOf(template, "postgres");
  const name = `test_${randomUUID().replaceAll("-", "")}`;
  await execute(admin, `CREATE DATABASE "${name}" ${from}`);
  const drop = () => execute(admin, `DROP DATABASE IF EXISTS "${name}" WITH (FORCE)`);
  return { url: urlOf(template, name), drop };
}
