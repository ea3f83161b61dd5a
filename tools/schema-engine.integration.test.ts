import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { templateDatabase } from "@madang/db/testing";
import pg from "pg";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

const root = fileURLToPath(new URL("..", import.meta.url));
const cli = `${root}node_modules/prisma/build/index.js`;

type Outcome = { code: number; output: string };

/** Prisma's CLI with the shim as its engine, by the same prisma.config.ts that everybody uses. */
function prisma(url: string, ...args: string[]): Promise<Outcome> {
  const env = { ...process.env, DATABASE_URL: url, CHECKPOINT_DISABLE: "1", PRISMA_HIDE_UPDATE_MESSAGE: "1" };
  return new Promise((resolve) => {
    execFile(process.execPath, [cli, ...args], { cwd: root, env }, (error, stdout, stderr) => {
      const code = error === null ? 0 : Number(error.code ?? 1);
      resolve({ code, output: stdout + stderr });
    });
  });
}

async function rows(url: string, sql: string): Promise<unknown[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query(sql)).rows;
  } finally {
    await client.end();
  }
}

describe("prisma through the schema engine shim", () => {
  const template = templateDatabase();
  const scratch = new URL(template);
  scratch.pathname = `/engine_${process.pid}`;
  const url = scratch.toString();
  const dropScratch = () =>
    rows(template, `DROP DATABASE IF EXISTS "${scratch.pathname.slice(1)}" WITH (FORCE)`);

  beforeAll(dropScratch);
  afterAll(dropScratch);

  test("deploy creates the missing database and applies every migration, twice is once", async () => {
    const first = await prisma(url, "migrate", "deploy");
    expect(first).toMatchObject({ code: 0, output: expect.stringContaining("successfully applied") });
    const again = await prisma(url, "migrate", "deploy");
    expect(again).toMatchObject({ code: 0, output: expect.stringContaining("No pending migrations") });
    const applied = await rows(url, "SELECT * FROM _prisma_migrations WHERE finished_at IS NOT NULL");
    expect(applied.length).toBeGreaterThan(0);
  });

  test("diff answers 0 for a database that equals the schema's migrations and 2 after a change", async () => {
    const compare = [
      "migrate",
      "diff",
      "--from-config-datasource",
      "--to-migrations",
      "prisma/migrations",
      "--exit-code",
    ];
    expect(await prisma(url, ...compare)).toMatchObject({ code: 0 });
    await rows(url, "CREATE TABLE stranger (id int PRIMARY KEY)");
    const changed = await prisma(url, ...compare);
    expect(changed).toMatchObject({ code: 2, output: expect.stringContaining("stranger") });
    await rows(url, "DROP TABLE stranger");
  });

  test("no shadow database is left behind", async () => {
    expect(await rows(url, "SELECT datname FROM pg_database WHERE datname LIKE 'prisma_shadow_%'")).toEqual(
      [],
    );
  });

  test("a server that is not there is P1001", async () => {
    const nowhere = new URL(url);
    nowhere.port = "1";
    const outcome = await prisma(nowhere.toString(), "migrate", "deploy");
    expect(outcome.code).toBe(1);
    expect(outcome.output).toContain("P1001");
  });
});
