/** No interleaving of launches, deletions, changed limits and disabled projects, through three web processes, goes over a quota. */
import { publicError } from "@madang/core/errors";
import { type Database, openDatabase } from "@madang/db";
import fc from "fast-check";
import { afterAll, beforeAll, expect, it } from "vitest";
import { z } from "zod";
import { logQuota, replayQuota } from "./testing/quota-log.ts";
import { type SeveralCloud, startSeveral, type Web } from "./testing/several-cloud.ts";
import { visit } from "./testing/visitor.ts";

const patience = 240_000;
const first = { instances: 12, cores: 16 };

let cloud: SeveralCloud;
let database: Database;
let cookie: () => string;
let projectId: string;
let flavors: string[];
let imageId: string;
beforeAll(async () => {
  cloud = await startSeveral({ webs: 3, controllers: 1, agents: 1 });
  database = openDatabase(cloud.databaseUrl, 4);
  const [web] = cloud.webs;
  if (!web) throw new Error("no web process");
  const visitor = await visit(web, await cloud.signIn(web));
  ({ cookie, projectId } = visitor);
  const sized = await database.prisma.flavor.findMany({ where: { vcpus: { lte: 2 } } });
  flavors = sized.map(({ id }) => id);
  imageId = (await database.prisma.image.findFirstOrThrow()).id;
  const quota = Object.entries({ ...first, ram: -1 }).map(([resource, limit]) => ({
    projectId,
    resource,
    limit,
  }));
  await database.prisma.quota.createMany({ data: quota });
  await logQuota(database);
}, patience);
afterAll(async () => {
  await database?.close();
  await cloud?.close();
}, 60_000);

const refusal = z.object({ error: z.object({ json: z.object({ data: z.object({ cloud: publicError }) }) }) });
type Answer = { ids: string[]; refused: z.infer<typeof publicError> | null };

async function post(web: number, path: string, input: object, ids: string[] = []): Promise<Answer> {
  const { url } = cloud.webs[web % cloud.webs.length] as Web;
  const response = await fetch(`${url}/api/trpc/${path}`, {
    method: "POST",
    headers: { cookie: cookie(), origin: url, "content-type": "application/json" },
    body: JSON.stringify({ json: input }),
  });
  const body: unknown = await response.json();
  return { ids, refused: response.ok ? null : refusal.parse(body).error.json.data.cloud };
}

function launch(web: number, count: number, flavor: number): Promise<Answer> {
  const ids = Array.from({ length: count }, () => crypto.randomUUID());
  const flavorId = flavors[flavor % flavors.length];
  const nothing = { keyPairId: null, password: null, userData: null, deleteProtection: false };
  return post(web, "instance.launch", { ids, projectId, name: "storm", imageId, flavorId, ...nothing }, ids);
}

/** Whichever is the `nth` now; that somebody else deleted it already is no matter. */
async function remove(web: number, nth: number): Promise<Answer> {
  const { rows } = await database.pool.query<{ id: string }>(
    `SELECT id FROM instance WHERE project_id = $1 AND delete_requested_at IS NULL ORDER BY created_at, id`,
    [projectId],
  );
  const id = rows[nth % Math.max(rows.length, 1)]?.id;
  return id ? await post(web, "instance.delete", { projectId, id }) : { ids: [], refused: null };
}

const web = fc.nat(2);
const acts = fc.oneof(
  {
    weight: 10,
    arbitrary: fc.record({
      kind: fc.constant("launch" as const),
      web,
      count: fc.integer({ min: 1, max: 3 }),
      flavor: fc.nat(7),
    }),
  },
  { weight: 5, arbitrary: fc.record({ kind: fc.constant("delete" as const), web, nth: fc.nat(20) }) },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant("limit" as const),
      web,
      limits: fc.record({
        instances: fc.integer({ min: 0, max: 25 }),
        cores: fc.integer({ min: -1, max: 30 }),
      }),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("disable" as const), web }) },
);
type Act = typeof acts extends fc.Arbitrary<infer T> ? T : never;

async function perform(act: Act): Promise<Answer> {
  if (act.kind === "launch") return await launch(act.web, act.count, act.flavor);
  if (act.kind === "delete") return await remove(act.web, act.nth);
  if (act.kind === "limit")
    return await post(act.web, "admin.project.setQuota", { id: projectId, limits: act.limits });
  const disabled = await post(act.web, "admin.project.setEnabled", { id: projectId, enabled: false });
  // Not in the line of the web process: the storm would be over before its turn came.
  await database.pool.query(`UPDATE project SET enabled = true WHERE id = $1`, [projectId]);
  return disabled;
}

async function counted(): Promise<{ instances: number; cores: number }> {
  const { rows } = await database.pool.query<{ instances: number; cores: number }>(
    `SELECT count(*)::int AS instances, coalesce(sum(vcpus), 0)::int AS cores FROM instance WHERE project_id = $1`,
    [projectId],
  );
  return rows[0] ?? { instances: 0, cores: 0 };
}

/** What a refusal may be in a storm like this; anything else is a fault. */
const expected = ["QuotaExceeded", "NotFound", "Unavailable", "InvalidState"];

async function judge(answers: Answer[]): Promise<void> {
  const replay = await replayQuota(database, first);
  expect(replay.wrongs).toEqual([]);
  for (const { ids, refused } of answers) {
    const rows = await database.prisma.resourceId.count({ where: { id: { in: ids } } });
    expect(rows, refused ? "a refusal consumes nothing" : "what was accepted is there").toBe(
      refused ? 0 : ids.length,
    );
    if (!refused) continue;
    expect(expected, JSON.stringify(refused)).toContain(refused.code);
    if (refused.code !== "QuotaExceeded") continue;
    expect(refused.quota?.length).toBeGreaterThan(0);
    for (const { resource, limit, inUse, requested } of refused.quota ?? []) {
      expect(inUse + requested).toBeGreaterThan(limit);
      expect(requested).toBeGreaterThan(0);
      if (resource === "instances" || resource === "cores") expect(replay.limits[resource]).toContain(limit);
    }
  }
}

it(
  "holds in every order",
  async () => {
    let accepted = 0;
    let refusedByQuota = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(acts, { minLength: 60, maxLength: 90 }), async (storm) => {
        const answers = await Promise.all(storm.map(perform));
        await judge(answers);
        accepted += answers.filter(({ ids, refused }) => ids.length > 0 && !refused).length;
        refusedByQuota += answers.filter(({ refused }) => refused?.code === "QuotaExceeded").length;
      }),
      { numRuns: 4, endOnFailure: true },
    );
    const replay = await replayQuota(database, first);
    console.info(`${accepted} launches accepted, ${refusedByQuota} refused, ${replay.made} instances made`);
    // The storm was one: neither everything nor nothing went through. How many of each is chance.
    expect(accepted).toBeGreaterThan(0);
    expect(refusedByQuota).toBeGreaterThan(0);
    // And the log that was judged is the whole of what happened.
    await expect
      .poll(async () => ({ ...(await replayQuota(database, first)).inUse }))
      .toEqual(await counted());
  },
  patience,
);

const publicKey = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJg4t7nM5vv1D2xMXs4gAkR97MDmB/2FhPGDKZFwpsgY mine";

it(
  "counts a person's key pairs once, through whichever process and project they come",
  async () => {
    await database.prisma.quota.create({ data: { projectId, resource: "key_pairs", limit: 7 } });
    const answers = await Promise.all(
      Array.from({ length: 30 }, (_, index) => {
        const id = crypto.randomUUID();
        return post(index, "keyPair.import", { id, name: `key ${index}`, projectId, publicKey }, [id]);
      }),
    );
    expect(answers.filter(({ refused }) => !refused)).toHaveLength(7);
    expect(await database.prisma.keyPair.count()).toBe(7);
    for (const { refused } of answers.filter((one) => one.refused))
      expect(refused?.quota).toEqual([{ resource: "key_pairs", limit: 7, inUse: 7, requested: 1 }]);
  },
  patience,
);
