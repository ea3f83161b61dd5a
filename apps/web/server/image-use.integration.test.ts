/** Images that are there: who hears of them, takes their file, changes them and makes volumes of them. */
import { expect, test } from "vitest";
import { z } from "zod";
import { signIn, until } from "./testing.ts";
import { metadataOf, testImages } from "./testing-images.ts";

const { cloud, mina, mutate, query, plain } = testImages();

const items = z.object({ items: z.array(z.object({ id: z.string() })) });
const detail = z.looseObject({ members: z.array(z.unknown()) });

type Special = {
  visibility: "shared" | "community" | "public";
  projectId?: string;
  status?: "queued";
  sha256?: null;
  origin?: "upload";
  uploadSizeBytes?: bigint;
};

test("of an image everybody hears, takes and changes only what is his", async () => {
  const { prisma } = cloud().database;
  const [{ domainId }, active] = await Promise.all([
    prisma.project.findUniqueOrThrow({ where: { id: cloud().projectId } }),
    prisma.image.findUniqueOrThrow({ where: { id: cloud().imageId } }),
  ]);
  const { sha256, sizeBytes, virtualSizeBytes, diskFormat } = active;
  const other = (await prisma.project.create({ data: { id: crypto.randomUUID(), domainId, name: "other" } }))
    .id;
  const bytes = { sha256, sizeBytes, virtualSizeBytes, status: "active" as const, diskFormat };
  const insert = async (row: Special) => {
    const id = crypto.randomUUID();
    const of = { id, name: id, projectId: other, ...bytes, ...row };
    return (await prisma.image.create({ data: of })).id;
  };
  const get = (id: string) => query("image.get", { id });
  const listed = async (filter: object = {}) =>
    items.parse(await query("image.list", { filter, limit: 100 })).items.map(({ id }) => id);
  const fileOf = async (id: string, more = {}) =>
    (await plain("GET", `/api/images/${cloud().projectId}/${id}/file`, mina(), more)).status;

  const offer = await insert({ visibility: "shared" });
  await prisma.imageMember.createMany({
    data: [cloud().projectId, other].map((projectId) => ({ imageId: offer, projectId })),
  });
  const shown = detail.parse(await get(offer));
  expect(Object.keys(shown).toSorted()).toEqual(
    "createdAt description diskFormat distro distroVersion fault id instances madeOf minDiskGib minRamMib members name origin own ownerName progress projectId properties protected sha256 sha512 share sizeBytes sourceUrl status uploadFormat uploadSha256 uploadSizeBytes uploadedBytes virtualSizeBytes visibility volumes withdrawn"
      .split(" ")
      .toSorted(),
  );
  expect(shown).toMatchObject({ madeOf: null, members: [], ownerName: "other", share: "pending" });
  expect(await fileOf(offer)).toBe(409);
  expect(await mutate("image.acceptShare", { id: offer })).toBe("done");
  expect(await fileOf(offer)).toBe(200);
  expect(await fileOf(offer, { "sec-fetch-site": "cross-site" })).toBe(403);
  expect(await mutate("image.rejectShare", { id: offer })).toBe("done");
  expect([await fileOf(offer), await get(offer)]).toEqual([404, 404]);

  const community = await insert({ visibility: "community" });
  const empty = { status: "queued" as const, sha256: null };
  const unfinished = await insert({ visibility: "community", ...empty });
  expect(await listed()).toContain(cloud().imageId);
  expect(await listed()).not.toContain(community);
  expect(await listed({ visibility: ["community"] })).toEqual([community]);
  expect(await get(unfinished)).toBe(404);

  const published = await insert({
    ...{ visibility: "public", projectId: cloud().projectId, origin: "upload", uploadSizeBytes: 5n },
    ...empty,
  });
  const post = { "upload-length": "5", "upload-metadata": metadataOf(published) };
  expect((await plain("POST", "/api/images/upload", mina(), post)).status).toBe(403);
  expect(await mutate("image.delete", { id: published })).toBe("roleTooWeak");

  const mine = await insert({ visibility: "shared", projectId: cloud().projectId });
  expect(await mutate("image.update", { id: mine, deactivated: true })).toBe("done");
  expect(await mutate("image.update", { id: mine, deactivated: false })).toBe("done");
  const admin = (await signIn(cloud().env, "admin")).cookie ?? "";
  expect(await mutate("image.update", { id: mine, deactivated: true }, admin)).toBe("done");
  expect(await mutate("image.update", { id: mine, deactivated: false })).toBe("roleTooWeak");
  expect(await mutate("image.update", { id: mine, description: "still mine" })).toBe("done");
  expect(await mutate("image.update", { id: mine, deactivated: false }, admin)).toBe("done");
  expect(await mutate("image.setMembers", { id: mine, projectIds: [other] })).toBe("done");
  const before = detail.parse(await get(mine));
  expect(before.members).toEqual([{ projectId: other, projectName: null, state: "pending" }]);
  await prisma.imageMember.updateMany({ where: { imageId: mine }, data: { state: "accepted" } });
  const after = detail.parse(await get(mine));
  expect(after.members).toEqual([{ projectId: other, projectName: "other", state: "accepted" }]);
  await prisma.image.deleteMany({ where: { id: { in: [offer, community, unfinished, published, mine] } } });
  await prisma.project.delete({ where: { id: other } });
});

test("a volume is made of an image that stays, or not at all", async () => {
  const { prisma, pool } = cloud().database;
  const tiny = await prisma.image.findUniqueOrThrow({ where: { id: cloud().imageId } });
  const id = crypto.randomUUID();
  const { sha256, sizeBytes, virtualSizeBytes, diskFormat, status, visibility } = tiny;
  await prisma.image.create({
    data: { id, name: "going", sha256, sizeBytes, virtualSizeBytes, diskFormat, status, visibility },
  });
  const client = await pool.connect();
  await client.query("BEGIN");
  await client.query("DELETE FROM image WHERE id = $1", [id]);
  const { rows } = await client.query<{ pid: number }>("SELECT pg_backend_pid() AS pid");
  const source = { kind: "image", imageId: id };
  const made = mutate("volume.create", { id: crypto.randomUUID(), name: "of it", sizeGib: 1, source });
  const waits = "SELECT 1 FROM pg_stat_activity WHERE $1 = ANY(pg_blocking_pids(pid))";
  await until(async () => (await pool.query(waits, [rows[0]?.pid])).rowCount !== 0);
  await client.query("COMMIT");
  client.release();
  expect(await made).toBe("imageNotFound");
});
