import pg from "pg";
import { afterAll, beforeAll, expect, it, vi } from "vitest";
import { openQueue, type PgBoss, type ReconcileJob, reconcileQueue, wakeSoon } from "./queue.ts";
import { type FreshDatabase, freshDatabase } from "./testing.ts";

let fresh: FreshDatabase;
let boss: PgBoss;
const errors: Error[] = [];
beforeAll(async () => {
  fresh = await freshDatabase();
  boss = await openQueue(fresh.url, true, (error) => errors.push(error));
});
afterAll(async () => {
  await boss.stop({ graceful: false });
  await fresh.drop();
});

/** Far under the minute for which pg-boss believes its list of busy rows. */
const soon = { timeout: 20_000, interval: 20 };

it("takes the next row while another is under way, and that one again at once when it is free", async () => {
  const passes: string[] = [];
  const holding = Promise.withResolvers<void>();
  const [busy, ...others] = Array.from({ length: 9 }, () => crypto.randomUUID());
  if (!busy) throw new Error("no row");
  const count = (id: string) => passes.filter((pass) => pass === id).length;
  const options = { localConcurrency: 3, pollingIntervalSeconds: 1, notifyPollingIntervalSeconds: 1 };
  await boss.work<ReconcileJob>(reconcileQueue, options, async ([job]) => {
    passes.push(job?.data.id ?? "");
    if (job?.data.id === busy && count(busy) === 1) await holding.promise;
  });
  await wakeSoon(boss, "instance", busy);
  await vi.waitFor(() => expect(count(busy)).toBe(1), soon);
  // First in the queue, and its pass is under way: it must stand in nobody's way.
  await wakeSoon(boss, "instance", busy);
  for (const id of others) await wakeSoon(boss, "instance", id);
  await vi.waitFor(() => expect(new Set(passes).size).toBe(9), soon);
  expect(count(busy)).toBe(1);
  holding.resolve();
  await vi.waitFor(() => expect(count(busy)).toBe(2), soon);
  expect(errors).toEqual([]);
});

it("does not believe a list of busy rows that has grown old", async () => {
  const id = crypto.randomUUID();
  const client = new pg.Client({ connectionString: fresh.url });
  await client.connect();
  await client.query(
    "UPDATE pgboss.queue SET singletons_active = $1, monitor_on = now() + interval '1 hour'",
    [[`instance:${id}`]],
  );
  await client.end();
  await boss.offWork(reconcileQueue);
  await wakeSoon(boss, "instance", id);
  const next = await openQueue(fresh.url, true, (error) => errors.push(error));
  try {
    await vi.waitFor(async () => {
      const [job] = await next.fetch<ReconcileJob>(reconcileQueue);
      expect(job?.data.id).toBe(id);
    }, soon);
  } finally {
    await next.stop({ graceful: false });
  }
});
