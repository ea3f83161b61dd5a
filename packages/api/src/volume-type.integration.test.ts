/** What the API admits of volume types: limits of single types, whatever happens at once. */
import type { QuotaResource } from "@madang/core/quota/resource";
import { quotaLines, sampleUsage } from "@madang/db";
import fc from "fast-check";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { callerAs, launchOf, openTestCloud, refusal, type TestCloud } from "./testing.ts";

let cloud: TestCloud;
const [standard, fast] = [crypto.randomUUID(), crypto.randomUUID()];
beforeAll(async () => {
  cloud = await openTestCloud();
  await admin().volumeType.create({ id: standard, name: "standard" });
  await admin().volumeType.setDefault({ id: standard });
  await admin().volumeType.create({ id: fast, name: "fast" });
});
afterAll(() => cloud.close());
beforeEach(async () => {
  const { prisma } = cloud.database;
  await prisma.$executeRaw`TRUNCATE volume, volume_snapshot, quota_request, usage_sample CASCADE`;
  await prisma.quota.deleteMany();
  await prisma.quotaDefault.deleteMany({ where: { resource: { contains: ":" } } });
});

const member = () => callerAs(cloud, "member");
const admin = () => callerAs(cloud, "cloudAdmin").admin;

async function make(volumeTypeId: string, sizeGib = 10): Promise<{ projectId: string; id: string }> {
  const { projectId } = cloud;
  const id = crypto.randomUUID();
  await member().volume.create({ projectId, id, name: "data", sizeGib, volumeTypeId });
  return { projectId, id };
}

const limit = (limits: { [resource: string]: number | null }) =>
  admin().project.setQuota({ id: cloud.projectId, limits });

async function line(resource: QuotaResource) {
  const lines = await quotaLines(cloud.database.prisma, cloud.projectId, cloud.users.member);
  return lines.find((one) => one.resource === resource);
}

test("a type's limit counts beside the project's, by the type's id, and says which type it is", async () => {
  expect(await line(`gigabytes:${fast}`)).toBeUndefined();
  await limit({ [`gigabytes:${fast}`]: 15 });
  const ref = await make(fast);
  expect(await line(`gigabytes:${fast}`)).toMatchObject({ limit: 15, inUse: 10, typeName: "fast" });
  expect(await line(`volumes:${fast}`)).toMatchObject({ limit: -1, inUse: 1 });
  const excess = { resource: `gigabytes:${fast}`, typeName: "fast", limit: 15, inUse: 10 };
  expect(await refusal(make(fast))).toMatchObject({ quota: [{ ...excess, requested: 10 }] });
  expect(await refusal(member().volume.extend({ ...ref, sizeGib: 16 }))).toMatchObject({
    quota: [{ ...excess, requested: 6 }],
  });
  const of = { kind: "volume" as const, id: crypto.randomUUID(), volumeId: ref.id };
  expect(
    await refusal(member().volumeSnapshot.create({ projectId: ref.projectId, name: "s", of })),
  ).toMatchObject({ quota: [{ ...excess, requested: 10 }] });
  await make(standard, 30);
  expect(await line("gigabytes")).toMatchObject({ inUse: 40 });
  await admin().volumeType.update({ id: fast, name: "quick" });
  expect(await line(`gigabytes:${fast}`)).toMatchObject({ limit: 15, typeName: "quick" });
  await admin().volumeType.update({ id: fast, name: "fast" });
});

test("the default of a type counts for every project without a limit of its own, and -1 takes it away again", async () => {
  await admin().quota.setDefaults({ limits: { [`volumes:${fast}`]: 1 }, was: { [`volumes:${fast}`]: -1 } });
  expect((await admin().quota.defaults()).defaults.at(-1)).toMatchObject({
    ...{ resource: `volumes:${fast}`, typeName: "fast", limit: 1 },
  });
  await make(fast);
  expect(await refusal(make(fast))).toMatchObject({ code: "QuotaExceeded" });
  await limit({ [`volumes:${fast}`]: 2 });
  await make(fast);
  await limit({ [`volumes:${fast}`]: null });
  expect(await line(`volumes:${fast}`)).toMatchObject({ limit: 1, inUse: 2, source: "default" });
  await admin().quota.setDefaults({ limits: { [`volumes:${fast}`]: -1 } });
  expect(await cloud.database.prisma.quotaDefault.count({ where: { resource: { contains: ":" } } })).toBe(0);
  await make(fast);
});

test("what was looked at is compared for types too", async () => {
  const [name, id] = [`volumes:${fast}`, cloud.projectId];
  await admin().project.setQuota({ id, limits: { [name]: 3 }, was: { [name]: -1 } });
  expect(
    await refusal(admin().project.setQuota({ id, limits: { [name]: 4 }, was: { [name]: -1 } })),
  ).toMatchObject({
    reason: "changedMeanwhile",
  });
});

test("a limit of a type that is not there is refused, wherever it is named", async () => {
  const limits = { [`gigabytes:${crypto.randomUUID()}`]: 5 };
  const gone = { reason: "volumeTypeNotFound" };
  expect(await refusal(limit(limits))).toMatchObject(gone);
  expect(await refusal(admin().quota.setDefaults({ limits }))).toMatchObject(gone);
  const template = { id: crypto.randomUUID(), name: "t", description: "", limits };
  expect(await refusal(admin().quota.createTemplate(template))).toMatchObject(gone);
  const asked = { id: crypto.randomUUID(), projectId: cloud.projectId, asked: limits, reason: "because" };
  expect(await refusal(member().quotaRequest.create(asked))).toMatchObject(gone);
  for (const name of [
    "gigabytes:fast",
    `ports:${fast}`,
    `gigabytes:${fast} `,
    `gigabytes:${fast.toUpperCase()}`,
  ])
    expect(await refusal(limit({ [name]: 1 }))).toMatchObject({ code: "InvalidInput" });
});

test("a project asks for more of a type, and is given it", async () => {
  const asked = { [`gigabytes:${fast}`]: 40 };
  const request = { id: crypto.randomUUID(), projectId: cloud.projectId, asked, reason: "because" };
  expect(await refusal(member().quotaRequest.create(request))).toMatchObject({ reason: "quotaNotMore" });
  await limit({ [`gigabytes:${fast}`]: 5 });
  await member().quotaRequest.create(request);
  const { items } = await admin().quotaRequest.list({ filter: { state: ["pending"] } });
  expect(items).toMatchObject([
    { asked, typeNames: { [fast]: "fast" }, counts: [{ resource: `gigabytes:${fast}`, limit: 5, inUse: 0 }] },
  ]);
  await admin().quotaRequest.approve({
    id: request.id,
    generation: 1,
    limits: asked,
    expiresAt: null,
    answer: "",
  });
  await make(fast, 40);
});

test("a type that goes takes its limits along", async () => {
  const { prisma } = cloud.database;
  const [id, template] = [crypto.randomUUID(), crypto.randomUUID()];
  await admin().volumeType.create({ id, name: "brief" });
  const limits = { [`gigabytes:${id}`]: 5 };
  await limit(limits);
  await admin().quota.setDefaults({ limits });
  await admin().quota.createTemplate({
    id: template,
    name: "t",
    description: "",
    limits: { ...limits, cores: 1 },
  });
  const request = { id: crypto.randomUUID(), projectId: cloud.projectId, asked: { [`gigabytes:${id}`]: 6 } };
  await member().quotaRequest.create({ ...request, reason: "because" });
  await admin().volumeType.delete({ id });
  expect(await prisma.quota.count()).toBe(0);
  expect(await prisma.quotaDefault.count({ where: { resource: { contains: ":" } } })).toBe(0);
  expect((await prisma.quotaTemplate.findUniqueOrThrow({ where: { id: template } })).limits).toEqual({
    cores: 1,
  });
  const { items } = await member().quotaRequest.list({ projectId: cloud.projectId });
  expect(items).toMatchObject([{ asked: request.asked, typeNames: {} }]);
  const approval = { id: request.id, generation: 1, limits: request.asked, expiresAt: null, answer: "" };
  expect(await refusal(admin().quotaRequest.approve(approval))).toMatchObject({
    reason: "volumeTypeNotFound",
  });
  await admin().quotaRequest.reject({ id: request.id, generation: 1, answer: "gone" });
  await admin().quota.deleteTemplate({ id: template });
});

test("a launch counts its new volumes in their types, all of it or nothing", async () => {
  const { prisma } = cloud.database;
  await limit({ [`gigabytes:${fast}`]: 15, [`volumes:${fast}`]: 1 });
  const disk = (sizeGib: number, type = fast) => ({
    ...{ kind: "new" as const, ids: [crypto.randomUUID()], sizeGib, volumeTypeId: type, from: null },
    ...{ name: null, deleteWithInstance: false },
  });
  const launch = (volumes: ReturnType<typeof disk>[]) =>
    member().instance.launch(launchOf(cloud, { volumes }));
  expect(await refusal(launch([disk(8), disk(8)]))).toMatchObject({
    quota: [
      { resource: `volumes:${fast}`, typeName: "fast", limit: 1, inUse: 0, requested: 2 },
      { resource: `gigabytes:${fast}`, typeName: "fast", limit: 15, inUse: 0, requested: 16 },
    ],
  });
  expect([await prisma.instance.count(), await prisma.volume.count()]).toEqual([0, 0]);
  await launch([disk(15), disk(40, standard)]);
  expect(await line(`gigabytes:${fast}`)).toMatchObject({ inUse: 15 });
  expect(await line("gigabytes")).toMatchObject({ inUse: 55 });
  await prisma.$executeRaw`TRUNCATE instance, volume, operation CASCADE`;
});

test("samples are written of the types that a project has", async () => {
  await make(fast, 7);
  await sampleUsage(cloud.database);
  const now = cloud.database.now().getTime();
  const span = { from: new Date(now - 3_600_000 * 2), to: new Date(now + 3_600_000) };
  const { points } = await member().project.usage({
    ...{ projectId: cloud.projectId, resource: `gigabytes:${fast}`, ...span },
  });
  expect(points).toMatchObject([{ inUse: 7, limit: -1 }]);
  const other = { projectId: cloud.projectId, resource: "gigabytes:fast", ...span };
  expect(await refusal(member().project.usage(other))).toMatchObject({ code: "InvalidInput" });
});

const gib = fc.integer({ min: 1, max: 12 });
const acts = fc.array(
  fc.oneof(
    fc.record({ kind: fc.constant("create" as const), gib, type: fc.constantFrom(standard, fast) }),
    fc.record({ kind: fc.constant("extend" as const), gib, nth: fc.nat(9) }),
    fc.record({ kind: fc.constant("snapshot" as const), nth: fc.nat(9) }),
    fc.record({
      kind: fc.constant("retype" as const),
      nth: fc.nat(9),
      type: fc.constantFrom(standard, fast),
    }),
  ),
  { minLength: 8, maxLength: 16 },
);
type Act = typeof acts extends fc.Arbitrary<(infer One)[]> ? One : never;

test("no interleaving of creating, growing, snapshotting and retyping passes a type's limit", async () => {
  const { prisma } = cloud.database;
  const most = { [`gigabytes:${fast}`]: 30, [`volumes:${fast}`]: 3, [`snapshots:${fast}`]: 2, gigabytes: 60 };
  const does = async (act: Act): Promise<unknown> => {
    if (act.kind === "create") return await make(act.type, act.gib);
    const volumes = await prisma.volume.findMany({ orderBy: { id: "asc" } });
    const volume = volumes[act.nth % Math.max(1, volumes.length)];
    if (!volume) return null;
    const ref = { projectId: cloud.projectId, id: volume.id };
    if (act.kind === "extend")
      return await member().volume.extend({ ...ref, sizeGib: volume.sizeGib + act.gib });
    if (act.kind === "retype") return await member().volume.retype({ ...ref, volumeTypeId: act.type });
    const of = { kind: "volume" as const, id: crypto.randomUUID(), volumeId: ref.id };
    return await member().volumeSnapshot.create({ projectId: ref.projectId, name: "s", of });
  };
  const run = async (batches: Act[][]): Promise<void> => {
    await prisma.$executeRaw`TRUNCATE volume, volume_snapshot, operation CASCADE`;
    await limit(most);
    for (const batch of batches) {
      const answers = await Promise.allSettled(batch.map(does));
      for (const answer of answers)
        if (answer.status === "rejected")
          expect(String(answer.reason)).toMatch(/quota|now|already|only grows/);
      // Nothing that is in use is told by the code that admits it.
      const { rows } = await cloud.database.pool.query<{ volumes: number; snapshots: number; gib: number }>(
        `SELECT (SELECT count(*)::int FROM volume WHERE volume_type_id = $1) AS volumes,
          (SELECT count(*)::int FROM volume_snapshot s JOIN volume v ON v.id = s.volume_id WHERE v.volume_type_id = $1) AS snapshots,
          (SELECT coalesce(sum(gib), 0)::int FROM (SELECT size_gib AS gib FROM volume WHERE volume_type_id = $1 UNION ALL
            SELECT s.size_gib FROM volume_snapshot s JOIN volume v ON v.id = s.volume_id WHERE v.volume_type_id = $1) AS all_of) AS gib`,
        [fast],
      );
      const [used] = rows;
      expect(used?.volumes).toBeLessThanOrEqual(3);
      expect(used?.snapshots).toBeLessThanOrEqual(2);
      expect(used?.gib).toBeLessThanOrEqual(30);
      expect(await line(`gigabytes:${fast}`)).toMatchObject({ inUse: used?.gib });
    }
  };
  await fc.assert(fc.asyncProperty(fc.array(acts, { minLength: 1, maxLength: 3 }), run), { numRuns: 12 });
}, 240_000);

test("a template's limits are changed while a type goes, and neither stops the other", async () => {
  const { prisma } = cloud.database;
  const id = crypto.randomUUID();
  const template = { id, name: "changed meanwhile", description: "", limits: { volumes: 1 } };
  await admin().quota.createTemplate(template);
  const waiting = () => prisma.$queryRaw<
    { count: number }[]
  >`SELECT count(*)::int AS count FROM pg_stat_activity
    WHERE datname = current_database() AND wait_event_type = 'Lock'`;
  const hold = { timeout: 60_000 };
  // What a deletion locks, in its order: the type, and then the templates that name it.
  const update = await prisma.$transaction(async (tx) => {
    await tx.$queryRaw`SELECT 1 FROM volume_type WHERE id = ${fast}::uuid FOR UPDATE`;
    const changed = admin().quota.updateTemplate({ id, limits: { [`volumes:${fast}`]: 2 } });
    await expect.poll(waiting, { timeout: 50_000 }).toEqual([{ count: 1 }]);
    await tx.$executeRaw`UPDATE quota_template SET description = 'looked at' WHERE id = ${id}::uuid`;
    return { changed };
  }, hold);
  await update.changed;
  expect(await prisma.quotaTemplate.findUniqueOrThrow({ where: { id } })).toMatchObject({
    description: "looked at",
    limits: { [`volumes:${fast}`]: 2 },
  });
  await admin().quota.deleteTemplate({ id });
});

test("a type that is not public is chosen by the projects that it is open to", async () => {
  const { prisma } = cloud.database;
  const [id, other] = [crypto.randomUUID(), crypto.randomUUID()];
  const { domainId } = await prisma.project.findUniqueOrThrow({ where: { id: cloud.projectId } });
  await prisma.project.create({ data: { id: other, domainId, name: "another" } });
  await admin().volumeType.create({ id, name: "theirs", public: false, projectIds: [other] });
  const offered = async () =>
    (await member().volumeType.list({ projectId: cloud.projectId })).items.map((type) => type.name);
  const projects = async () =>
    (await admin().volumeType.list({ filter: { text: "theirs" } })).items[0]?.projects;
  const closed = { reason: "volumeTypeNotFound", field: "volumeTypeId" };
  expect(await offered()).not.toContain("theirs");
  expect(await refusal(make(id))).toMatchObject(closed);
  const plain = await make(standard);
  expect(await refusal(member().volume.retype({ ...plain, volumeTypeId: id }))).toMatchObject(closed);
  expect(await projects()).toEqual([{ id: other, name: "another" }]);

  const both = [other, cloud.projectId, cloud.projectId.toUpperCase()];
  await admin().volumeType.update({ id, projectIds: both });
  expect(await offered()).toContain("theirs");
  await member().volume.retype({ ...plain, volumeTypeId: id });
  const kept = await make(id);
  const gone = { id, projectIds: [crypto.randomUUID(), other] };
  expect(await refusal(admin().volumeType.update(gone))).toMatchObject({
    reason: "projectNotFound",
    field: "projectIds",
  });
  expect(await projects()).toHaveLength(2);

  // Who has volumes of it keeps them, and nothing more.
  await admin().volumeType.update({ id, projectIds: [other] });
  expect(await offered()).not.toContain("theirs");
  expect(await refusal(make(id))).toMatchObject(closed);
  await member().volume.extend({ ...kept, sizeGib: 12 });
  // A type for everybody needs no list, and does not remember one.
  await admin().volumeType.update({ id, public: true, projectIds: [other] });
  expect(await offered()).toContain("theirs");
  expect(await projects()).toEqual([]);
  await admin().volumeType.update({ id, public: false });
  expect(await offered()).not.toContain("theirs");
  const trail = await prisma.event.findMany({ where: { resourceId: id }, orderBy: { id: "asc" } });
  expect(trail.map(({ params }) => params)).toEqual([
    { projectsAdded: 1, projectsRemoved: 0 },
    { projectsAdded: 1, projectsRemoved: 0 },
    { projectsAdded: 0, projectsRemoved: 1 },
    { projectsAdded: 0, projectsRemoved: 1 },
    {},
  ]);
  // A project that goes takes its place in the list along.
  await admin().volumeType.update({ id, projectIds: [other] });
  await prisma.project.delete({ where: { id: other } });
  expect(await projects()).toEqual([]);
});
