import { randomUUID } from "node:crypto";
import pg from "pg";
import { inject } from "vitest";

declare module "vitest" {
  export interface ProvidedContext {
    /** URL of the migrated database that tools/template-database.mjs made for this run. */
    templateDatabase: string;
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

/** An empty database with all migrations applied, of its own for one test file: a clone, so it takes a fraction of a second. */
export function freshDatabase(): Promise<FreshDatabase> {
  return makeDatabase(`TEMPLATE "${new URL(inject("templateDatabase")).pathname.slice(1)}"`);
}

/** One without a single table. */
export function emptyDatabase(): Promise<FreshDatabase> {
  return makeDatabase("TEMPLATE template0");
}

async function makeDatabase(from: string): Promise<FreshDatabase> {
  const template = inject("templateDatabase");
  const admin = urlOf(template, "postgres");
  const name = `test_${randomUUID().replaceAll("-", "")}`;
  await execute(admin, `CREATE DATABASE "${name}" ${from}`);
  const drop = () => execute(admin, `DROP DATABASE IF EXISTS "${name}" WITH (FORCE)`);
  return { url: urlOf(template, name), drop };
}
