/** Lists of images: what is found, what was launched from lately, what administrators see; with 10,000 of them. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { callerAs, launchOf, openTestCloud, refusal, type TestCloud } from "../testing.ts";

const many = 10_000;
let cloud: TestCloud;
beforeAll(async () => {
  cloud = await openTestCloud();
});
afterAll(() => cloud.close());

const member = () => callerAs(cloud, "member").image;
const admin = () => callerAs(cloud, "cloudAdmin").admin.image;

type Row = {
  name: string;
  projectId: string | null;
  visibility: "private" | "shared" | "community" | "public";
  description?: string;
  properties?: Record<string, string>;
  status?: "active" | "queued";
  sizeBytes?: bigint;
};
async function insert({ status = "active", ...row }: Row): Promise<string> {
  const id = crypto.randomUUID();
  const bytes =
    status === "active" ? { sha256: "a".repeat(64), sizeBytes: 100n, virtualSizeBytes: 200n } : {};
  await cloud.database.prisma.image.create({ data: { id, diskFormat: "qcow2", status, ...bytes, ...row } });
  return id;
}

type Filter = NonNullable<Parameters<ReturnType<typeof member>["list"]>[0]["filter"]>;
const named = async (filter: Filter) => {
  const { items } = await member().list({ projectId: cloud.projectId, filter, sort: "name" });
  return items.map(({ name }) => name);
};

test("an image is found by its words, its properties and whose it is", async () => {
  const { projectId, otherProjectId } = cloud;
  const properties = { os_distro: "debian", os_version: "13" };
  const id = await insert({
    name: "우분투",
    projectId,
    visibility: "private",
    description: "100% green_leaf",
  });
  await insert({ name: "debian", projectId, visibility: "private", properties, sizeBytes: 5n });
  await insert({ name: "everybody's", projectId: otherProjectId, visibility: "community" });
  const offered = await insert({ name: "taken", projectId: otherProjectId, visibility: "shared" });
  await insert({ name: "theirs", projectId: otherProjectId, visibility: "private", properties });
  await insert({ name: "waiting", projectId, visibility: "private", status: "queued" });
  const member = { imageId: offered, projectId, state: "accepted" as const };
  await cloud.database.prisma.imageMember.create({ data: member });

  for (const text of ["우분투", id, id.slice(0, 9).toUpperCase(), "100%", "GREEN_"])
    expect(await named({ text }), text).toEqual(["우분투"]);
  for (const text of ["os_distro=debian", "=13", "version"])
    expect(await named({ text }), text).toEqual(["debian"]);
  // Each stands for itself.
  expect(await named({ text: "_" })).toEqual(["debian", "우분투"]);
  expect(await named({ text: "%" })).toEqual(["우분투"]);
  for (const text of ['"', "{", "os%distro"]) expect(await named({ text }), text).toEqual([]);
  expect(await named({ whose: "mine" })).toEqual(["debian", "waiting", "우분투"]);
  expect(await named({ whose: "shared" })).toEqual(["taken"]);
  expect(await named({ whose: "community" })).toEqual(["everybody's"]);
  for (const text of ["everybody", "name:everybody's", "visibility:community"])
    expect(await named({ text }), text).toEqual(["everybody's"]);
  for (const text of ["protected:no", "-name:tiny", "-debian"])
    expect(await named({ text }), text).not.toContain("everybody's");
  expect(await named({ whose: "cloud" })).toEqual(["tiny"]);
  expect(await named({ whose: "mine", status: ["queued"] })).toEqual(["waiting"]);
  const [debian] = (await callerAs(cloud, "member").image.list({ projectId, filter: { text: "debian" } }))
    .items;
  expect(debian).toMatchObject({ distro: "debian", distroVersion: "13", withdrawn: false });
});

test("in each order every image comes once, those without a size too", async () => {
  const { projectId } = cloud;
  for (const sort of ["name", "-name", "createdAt", "-createdAt", "sizeBytes", "-sizeBytes"]) {
    const seen: string[] = [];
    for (let cursor: string | null = null; ; ) {
      const page: Awaited<ReturnType<ReturnType<typeof member>["list"]>> = await member().list({
        ...{ projectId, sort, cursor },
        limit: 2,
      });
      seen.push(...page.items.map(({ name }) => name));
      if (page.nextCursor === null) break;
      cursor = page.nextCursor;
    }
    expect(seen.toSorted(), sort).toEqual(["debian", "taken", "tiny", "waiting", "우분투"]);
  }
});

test("recents are what this person launched from, newest first, though the instance is gone", async () => {
  const { projectId } = cloud;
  const recent = async (person: "member" | "manager") =>
    (await callerAs(cloud, person).image.recent({ projectId })).map(({ name }) => name);
  expect(await recent("member")).toEqual([]);
  const first = launchOf(cloud);
  await callerAs(cloud, "member").instance.launch(first);
  expect(await recent("member")).toEqual(["tiny"]);
  expect(await recent("manager")).toEqual([]);
  const other = await cloud.database.prisma.image.findFirstOrThrow({ where: { name: "debian" } });
  const second = launchOf(cloud, { imageId: other.id });
  await callerAs(cloud, "member").instance.launch(second);
  expect(await recent("member")).toEqual(["debian", "tiny"]);
  await cloud.database.prisma.instance.deleteMany({ where: { id: { in: second.ids } } });
  expect(await recent("member")).toEqual(["debian", "tiny"]);
  await cloud.database.prisma.image.update({
    where: { id: other.id },
    data: { deactivated: true, status: "deactivated" },
  });
  expect(await recent("member")).toEqual(["tiny"]);
  expect(
    await refusal(callerAs(cloud, "member").image.recent({ projectId: cloud.otherProjectId })),
  ).toMatchObject({ reason: "projectNotFound" });
});

test("administrators see all images with what uses them, take them out of use and delete them", async () => {
  const { prisma } = cloud.database;
  const { items } = await admin().list({ sort: "name" });
  expect(items.map(({ name }) => name)).toEqual([
    "debian",
    "everybody's",
    "taken",
    "theirs",
    "tiny",
    "waiting",
    "우분투",
  ]);
  expect(items.find(({ name }) => name === "tiny")).toMatchObject({ projectName: null, instances: 1 });
  const taken = items.find(({ name }) => name === "taken");
  expect(taken).toMatchObject({ projectName: "elsewhere", members: 1, instances: 0, volumes: 0 });
  expect((await admin().list({ filter: { text: "elsewhere" } })).total).toBe(3);
  expect((await admin().list({ filter: { status: ["queued"] } })).total).toBe(1);
  expect(await refusal(callerAs(cloud, "admin").admin.image.list({}))).toMatchObject({
    reason: "roleTooWeak",
  });
  expect(
    await refusal(callerAs(cloud, "cloudReader").admin.image.deactivate({ id: taken?.id ?? "" })),
  ).toMatchObject({ reason: "roleTooWeak" });

  const own = items.find(({ name }) => name === "우분투")?.id ?? "";
  const { projectId } = cloud;
  await admin().deactivate({ id: own });
  await admin().deactivate({ id: own });
  expect(await prisma.image.findUnique({ where: { id: own } })).toMatchObject({
    ...{ status: "deactivated", withdrawn: true, generation: 2 },
  });
  expect(await member().get({ projectId, id: own })).toMatchObject({ withdrawn: true, volumes: 0 });
  expect(await refusal(member().update({ projectId, id: own, deactivated: false }))).toMatchObject({
    reason: "roleTooWeak",
  });
  await admin().reactivate({ id: own });
  expect(await prisma.image.findUnique({ where: { id: own } })).toMatchObject({
    ...{ status: "active", withdrawn: false },
  });
  const told = await prisma.event.findMany({ where: { resourceId: own }, orderBy: { id: "asc" } });
  expect(told.map(({ action }) => action)).toEqual(["image.deactivate", "image.reactivate"]);

  // What its owner said before stands, whatever an administrator does between.
  const ownWord = (deactivated: boolean) => member().update({ projectId, id: own, deactivated });
  const now = () => prisma.image.findUniqueOrThrow({ where: { id: own } });
  await ownWord(true);
  expect(await refusal(admin().reactivate({ id: own }))).toMatchObject({
    ...{ code: "InvalidState", reason: "imageOwnerDeactivated" },
  });
  expect(await now()).toMatchObject({ status: "deactivated", withdrawn: false, generation: 4 });
  await admin().deactivate({ id: own });
  expect(await refusal(ownWord(false))).toMatchObject({ reason: "roleTooWeak" });
  await admin().reactivate({ id: own });
  expect(await now()).toMatchObject({ status: "deactivated", deactivated: true, withdrawn: false });
  await ownWord(false);
  expect(await now()).toMatchObject({ status: "active", deactivated: false, withdrawn: false });

  // The cloud's own is nobody's project.
  const tiny = items.find(({ name }) => name === "tiny")?.id ?? "";
  await admin().deactivate({ id: tiny });
  expect(await refusal(callerAs(cloud, "member").instance.launch(launchOf(cloud)))).toMatchObject({
    reason: "imageNotActive",
  });
  await admin().reactivate({ id: tiny });
  // As when its file was replaced by another: there is no other owner to ask.
  await prisma.image.update({ where: { id: tiny }, data: { deactivated: true, status: "deactivated" } });
  await admin().reactivate({ id: tiny });
  expect(await prisma.image.findUnique({ where: { id: tiny } })).toMatchObject({
    ...{ status: "active", deactivated: false, withdrawn: false },
  });
  await prisma.image.update({ where: { id: own }, data: { protected: true } });
  expect(await refusal(admin().delete({ id: own }))).toMatchObject({ reason: "imageProtected" });
  await prisma.image.update({ where: { id: own }, data: { protected: false } });
  const [once, twice] = [await admin().delete({ id: own }), await admin().delete({ id: own })];
  expect(twice).toEqual(once);
  expect((await admin().list({ filter: { text: "우분투" } })).total).toBe(0);
  expect(await refusal(admin().delete({ id: crypto.randomUUID() }))).toMatchObject({
    reason: "imageNotFound",
  });
});

test("of 10,000 each order reads a page by an index", async () => {
  const { pool } = cloud.database;
  const { projectId } = cloud;
  await pool.query(
    `INSERT INTO image (id, project_id, name, visibility, status, disk_format, sha256, size_bytes, virtual_size_bytes, properties)
      SELECT gen_random_uuid(), CASE WHEN n % 2 = 0 THEN $1::uuid ELSE $2::uuid END, 'image ' || n, 'private', 'active',
        'qcow2', repeat('b', 64), n, n, jsonb_build_object('os_distro', 'distro' || n % 7)
      FROM generate_series(1, ${many}) AS n`,
    [projectId, cloud.otherProjectId],
  );
  await pool.query("ANALYZE image");
  const [first] = (await member().list({ projectId, sort: "-sizeBytes", limit: 1 })).items;
  expect(first?.sizeBytes).toBe(many);
  expect((await member().list({ projectId, filter: { text: "distro=distro3" } })).total).toBe(714);
  expect(await admin().list({ limit: 500 })).toMatchObject({ totalIsExact: false });

  const orders = { name: "image_name_id", "i.created_at": "image_created_at_id", size: "image_size_id" };
  for (const [column, index] of Object.entries(orders)) {
    const by = { name: "i.name", size: "coalesce(i.size_bytes, 0)" }[column] ?? column;
    for (const direction of ["ASC", "DESC"]) {
      const { rows } = await pool.query<{ "QUERY PLAN": string }>(
        `EXPLAIN SELECT i.id FROM image i WHERE i.delete_requested_at IS NULL ORDER BY ${by} ${direction}, i.id ${direction} LIMIT 101`,
      );
      const plan = rows.map((row) => row["QUERY PLAN"]).join("\n");
      expect(plan).toContain(index);
      expect(plan).not.toContain("Sort");
    }
  }
});
