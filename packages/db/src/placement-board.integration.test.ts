import { afterAll, beforeAll, expect, it, vi } from "vitest";
import { type Database, openDatabase } from "./client.ts";
import { openPlacementBoard } from "./placement-board.ts";
import { type FreshDatabase, freshDatabase } from "./testing.ts";

let fresh: FreshDatabase;
let database: Database;
beforeAll(async () => {
  fresh = await freshDatabase();
  database = openDatabase(fresh.url, 3);
});
afterAll(async () => {
  vi.restoreAllMocks();
  await database?.close();
  await fresh?.drop();
});

it("reads anew though the clock of its machine was put back", async () => {
  const { prisma, now } = database;
  const board = openPlacementBoard({ prisma, now });
  expect((await board.read(0)).candidates).toHaveLength(0);
  await prisma.hypervisor.create({ data: { id: crypto.randomUUID(), name: "host" } });
  const before = Date.now() - 120_000;
  vi.spyOn(Date, "now").mockImplementation(() => before);
  expect((await board.read(0)).candidates).toHaveLength(1);
});
