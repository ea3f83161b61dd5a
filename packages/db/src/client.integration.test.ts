import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, expect, it } from "vitest";
import { type Database, openDatabase } from "./client.ts";
import { freshDatabase } from "./testing.ts";
import { transaction } from "./transaction.ts";

let database: Database;
let drop: () => Promise<void>;
beforeAll(async () => {
  const fresh = await freshDatabase();
  database = openDatabase(fresh.url, 4);
  drop = fresh.drop;
});
afterAll(async () => {
  await database.close();
  await drop();
});

it("bounds how long anybody waits for a lock, and how long a frozen process keeps one", async () => {
  const shown = async (name: string) => (await database.pool.query(`SHOW ${name}`)).rows[0]?.[name];
  expect(await shown("lock_timeout")).toBe("3s");
  expect(await shown("idle_in_transaction_session_timeout")).toBe("20s");
});

it("goes on when the server ended a transaction that stood still: its locks are free, nobody dies of it", async () => {
  const { promise: locked, resolve } = Promise.withResolvers<void>();
  const standing = transaction(database.prisma, async (tx) => {
    await tx.$executeRaw`SET LOCAL idle_in_transaction_session_timeout = '500ms'`;
    await tx.$executeRaw`LOCK TABLE quota_default IN EXCLUSIVE MODE`;
    resolve();
    await sleep(1_500);
    await tx.$executeRaw`UPDATE quota_default SET "limit" = "limit"`;
  });
  const refused = expect(standing).rejects.toThrow();
  await locked;
  await database.pool.query(`UPDATE quota_default SET "limit" = "limit"`);
  await refused;
  expect((await database.pool.query("SELECT 1 AS one")).rows).toEqual([{ one: 1 }]);
});
