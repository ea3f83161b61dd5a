/** Imports that somebody else left in the middle, and files that are still needed. */
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { mkdir, mkdtemp, readdir, readFile, rm, stat, utimes, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openQueue, type PgBoss } from "@madang/db";
import { pino } from "pino";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { openImageFolder } from "../image/folder.ts";
import { openImports } from "../image/imports.ts";
import { type ImageKeeper, openImageKeeper, retrySeconds } from "../image/keeper.ts";
import { takeLease } from "../image/lease.ts";
import { addInstance, openTestCloud, type TestCloud } from "../testing/rows.ts";
import { failImport } from "./image.ts";

let cloud: TestCloud;
let boss: PgBoss;
let directory: string;
let keeper: ImageKeeper;
let qcow2: Buffer;
/** What was asked of the server that images are fetched from; it sends none to its end. */
const asked: string[] = [];
const half = 100_000;
const server = createServer(({ url = "" }, response) => {
  asked.push(url);
  if (url === "/half")
    response.writeHead(200, { "content-length": qcow2.length }).write(qcow2.subarray(0, half));
  if (url === "/large") response.writeHead(200, { "content-length": 101 * 1024 ** 2 }).flushHeaders();
});
let port: number;
beforeAll(async () => {
  cloud = await openTestCloud();
  await cloud.database.prisma.quotaDefault.create({ data: { resource: "image_size", limit: 100 } });
  boss = await openQueue(cloud.database.url, false, () => {});
  directory = await mkdtemp(join(tmpdir(), "madang-keeper-"));
  await mkdir(join(directory, "incoming"));
  const made = join(directory, "made.qcow2");
  execFileSync("qemu-img", ["create", "-q", "-f", "qcow2", made, "16M"]);
  qcow2 = await readFile(made);
  await rm(made);
  keeper = openKeeper();
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  port = typeof address === "object" && address ? address.port : 0;
});
afterAll(async () => {
  await keeper.stop();
  server.closeAllConnections();
  server.close();
  await boss.stop({ graceful: false });
  await cloud.close();
  await rm(directory, { recursive: true, force: true });
});

function openKeeper(): ImageKeeper {
  const { database } = cloud;
  const log = pino({ level: "silent" });
  const downloadRules = { parse: URL.parse, mayAsk: (address: string) => address === "127.0.0.1" };
  return openImageKeeper({ database, boss, directory, publish: () => {}, log, atOnce: 2, downloadRules });
}

const rowOf = (id: string) => cloud.database.prisma.image.findUnique({ where: { id } });

/** As the web process leaves it when the last byte is there. */
async function brought(bytes: Buffer, uploadFormat: "qcow2" | null = "qcow2"): Promise<string> {
  const id = crypto.randomUUID();
  await writeFile(join(directory, "incoming", id), bytes);
  await writeFile(join(directory, "incoming", `${id}.json`), "{}");
  await cloud.database.prisma.image.create({
    data: {
      ...{ id, projectId: cloud.projectId, name: id, visibility: "private", status: "importing" },
      ...{ origin: "upload", uploadFormat, diskFormat: "qcow2" },
      ...{ uploadSizeBytes: BigInt(bytes.length), uploadedBytes: BigInt(bytes.length) },
      uploadEndedAt: cloud.database.now(),
    },
  });
  return id;
}

/** Passes as the queue would make them, until it is so. */
async function passesUntil(id: string, done: () => Promise<boolean>): Promise<void> {
  await vi.waitUntil(
    async () => {
      await keeper.reconcile(id);
      return await done();
    },
    { timeout: 60_000, interval: 100 },
  );
}

const settled = (id: string) => passesUntil(id, async () => (await rowOf(id))?.status !== "importing");
const gone = (id: string) => passesUntil(id, async () => (await rowOf(id)) === null);
const stored = (sha256: string | null | undefined) =>
  stat(join(directory, sha256 ?? "none")).then(
    () => true,
    () => false,
  );
const left = async (id: string) => {
  const names = await Promise.all(
    ["incoming", "work"].map((name) => readdir(join(directory, name)).catch(() => [])),
  );
  return names.flat().filter((name) => name.startsWith(id));
};

test("what a killed controller left is cleared, and the import ends as if nothing had been", async () => {
  const id = await brought(qcow2);
  const old = join(directory, "work", `${id}.old`);
  await mkdir(join(old, "out"), { recursive: true });
  await writeFile(join(old, "out", "image"), "half");
  await settled(id);
  const row = await rowOf(id);
  expect(row).toMatchObject({ status: "active", virtualSizeBytes: BigInt(16 * 1024 ** 2) });
  expect(await stored(row?.sha256)).toBe(true);
  await vi.waitUntil(async () => (await left(id)).length === 0, { timeout: 30_000 });
});

test("a CD is kept byte for byte, and never made into a disk", async () => {
  const tree = join(directory, "cd");
  await mkdir(tree);
  await writeFile(join(tree, "readme"), "on the CD");
  const made = join(directory, "made.iso");
  execFileSync("/usr/bin/genisoimage", ["-quiet", "-o", made, tree]);
  const iso = await readFile(made);
  await Promise.all([rm(tree, { recursive: true }), rm(made)]);
  const id = await brought(iso, null);
  await settled(id);
  const row = await rowOf(id);
  expect(row).toMatchObject({ status: "active", uploadFormat: "iso", diskFormat: "raw", fault: null });
  expect(row).toMatchObject({ sizeBytes: BigInt(iso.length), virtualSizeBytes: BigInt(iso.length) });
  expect((await readFile(join(directory, row?.sha256 ?? "none"))).equals(iso)).toBe(true);
  expect(row).toMatchObject({
    sha256: createHash("sha256").update(iso).digest("hex"),
    sha512: createHash("sha512").update(iso).digest("hex"),
  });
  await vi.waitUntil(async () => (await left(id)).length === 0, { timeout: 30_000 });
});

test("one process works on it, and the next when that one is gone", async () => {
  const id = await brought(qcow2);
  const other = await takeLease(cloud.database, id);
  if (!other) throw new Error("no lease");
  await keeper.reconcile(id);
  expect(await takeLease(cloud.database, id)).toBeNull();
  expect((await rowOf(id))?.status).toBe("importing");
  await other.release();
  await settled(id);
  expect((await rowOf(id))?.status).toBe("active");
});

test("a lost connection ends the lease, and not the process", async () => {
  const id = crypto.randomUUID();
  const lease = await takeLease(cloud.database, id);
  if (!lease) throw new Error("no lease");
  await cloud.database.pool.query(
    `SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory'
       AND ((classid::bigint << 32) | objid::bigint) = hashtextextended($1, 0)`,
    [`image:${id}`],
  );
  await vi.waitUntil(() => lease.signal.aborted, { timeout: 30_000 });
  await lease.release();
  const next = await takeLease(cloud.database, id);
  expect(next).not.toBeNull();
  await next?.release();
});

test("what became an image elsewhere while it waited here stays one", async () => {
  const { database } = cloud;
  const [id, another] = [await brought(qcow2), await brought(qcow2)];
  const waited = await database.prisma.image.findUniqueOrThrow({ where: { id } });
  await settled(id);
  const row = await rowOf(id);
  const ended: [string, unknown][] = [];
  const imports = openImports({
    ...{
      database,
      folder: openImageFolder(directory),
      publish: () => {},
      log: pino({ level: "silent" }),
      atOnce: 1,
    },
    onEnd: async (...end) => void ended.push(end),
  });
  imports.start(waited);
  imports.start(await database.prisma.image.findUniqueOrThrow({ where: { id: another } }));
  await vi.waitUntil(() => ended.length > 0, { timeout: 60_000 });
  expect(ended).toEqual([[another, null]]);
  await imports.stop();
  await failImport(
    { database, folder: openImageFolder(directory), publish: () => {} },
    id,
    new Error("late"),
  );
  expect(await rowOf(id)).toEqual(row);
});

test("a file that is shorter than it was announced is no image", async () => {
  const id = await brought(qcow2);
  const uploadSizeBytes = BigInt(qcow2.length + 512);
  await cloud.database.prisma.image.update({ where: { id }, data: { uploadSizeBytes } });
  await settled(id);
  expect(await rowOf(id)).toMatchObject({ status: "killed", fault: { reason: "imageUploadLength" } });
});

test("a controller that ends leaves an import to the next", async () => {
  const id = await brought(qcow2);
  await keeper.reconcile(id);
  await keeper.stop();
  keeper = openKeeper();
  await settled(id);
  expect((await rowOf(id))?.status).toBe("active");
});

test("a file goes when nobody needs it, and not before", async () => {
  const { prisma, now } = cloud.database;
  const [first, second] = [await brought(qcow2), await brought(qcow2)];
  await settled(first);
  await settled(second);
  const row = await rowOf(first);
  const sha256 = row?.sha256 ?? "";
  expect((await rowOf(second))?.sha256).toBe(sha256);
  const instanceId = await addInstance(cloud);
  const source = { sha256, sizeBytes: 1, virtualSizeBytes: 1, format: "qcow2" };
  await prisma.instance.update({ where: { id: instanceId }, data: { imageSource: source } });
  await prisma.image.updateMany({
    where: { sha256, projectId: cloud.projectId },
    data: { deleteRequestedAt: now() },
  });
  const all = await prisma.image.findMany({ where: { sha256 }, select: { id: true } });
  for (const { id } of all) await gone(id);
  expect(await stored(sha256)).toBe(true);

  await prisma.instance.delete({ where: { id: instanceId } });
  const stray = await brought(qcow2);
  await prisma.image.delete({ where: { id: stray } });
  const order = { kind: "image.upload", actorName: "mina", requestId: "req-1", resourceKind: "image" };
  const operation = { id: crypto.randomUUID(), ...order, resourceId: stray, resourceName: stray };
  await prisma.operation.create({ data: operation });
  const old = new Date(Date.now() - 7_200_000);
  await utimes(join(directory, sha256), old, old);
  await keeper.look();
  expect(await stored(sha256)).toBe(false);
  expect(await left(stray)).toEqual([]);
  const ended = await prisma.operation.findUnique({ where: { id: operation.id } });
  expect(ended?.state).toBe("cancelled");
});

test("an upload that stands still for a day is ended", async () => {
  const { prisma } = cloud.database;
  const id = await brought(qcow2.subarray(0, 100));
  await prisma.image.update({ where: { id }, data: { uploadEndedAt: null, status: "saving" } });
  await keeper.reconcile(id);
  expect((await rowOf(id))?.status).toBe("saving");
  const old = new Date(Date.now() - 2 * 86_400_000);
  await utimes(join(directory, "incoming", id), old, old);
  await keeper.reconcile(id);
  expect(await rowOf(id)).toMatchObject({ status: "killed", fault: { reason: "imageUploadExpired" } });
  expect(await left(id)).toEqual([]);
});

/** Four clusters that claim as many GiB as there are tables: every entry names the same data. */
async function bomb(tables: number): Promise<Buffer> {
  const path = join(directory, "bomb.qcow2");
  execFileSync("qemu-img", ["create", "-q", "-f", "qcow2", path, "4G"]);
  const cluster = 65_536;
  const bytes = Buffer.alloc(6 * cluster);
  (await readFile(path)).copy(bytes);
  await rm(path);
  const list = Number(bytes.readBigUInt64BE(40));
  for (let table = 0; table < tables; table += 1)
    bytes.writeBigUInt64BE(BigInt(4 * cluster), list + table * 8);
  for (let at = 4 * cluster; at < 5 * cluster; at += 8) bytes.writeBigUInt64BE(BigInt(5 * cluster), at);
  bytes.fill("x", 5 * cluster);
  return bytes;
}

test("what would grow out of all measure is not converted", async () => {
  const [large, larger] = [await brought(await bomb(1)), await brought(await bomb(8))];
  await settled(large);
  await settled(larger);
  expect(await rowOf(large)).toMatchObject({
    fault: { reason: "quotaExceeded", quota: [{ limit: 100, requested: 513 }] },
  });
  expect(await rowOf(larger)).toMatchObject({ fault: { reason: "imageExpands", params: { gib: 5 } } });
});

async function fetched(path: string, projectId = cloud.projectId): Promise<string> {
  const id = crypto.randomUUID();
  await cloud.database.prisma.image.create({
    data: {
      ...{ id, projectId, name: id, visibility: "private", status: "queued", diskFormat: "qcow2" },
      ...{ origin: "url", sourceUrl: `http://127.0.0.1:${port}${path}` },
    },
  });
  return id;
}

test("no more is fetched than the project's quota has room for", async () => {
  const id = await fetched("/large");
  await passesUntil(id, async () => (await rowOf(id))?.status === "killed");
  expect(await rowOf(id)).toMatchObject({ fault: { reason: "quotaExceeded", quota: [{ requested: 101 }] } });
});

test("of what is on its way from an address one sees how much has come, and ends it in the middle", async () => {
  const { prisma } = cloud.database;
  const id = await fetched("/half");
  const of = { resourceKind: "image", resourceId: id, resourceName: id, requestId: id, actorName: "mina" };
  await prisma.operation.create({ data: { id: crypto.randomUUID(), kind: "image.fetch", ...of } });
  await keeper.reconcile(id);
  await vi.waitUntil(async () => (await rowOf(id))?.status === "saving", { timeout: 30_000 });
  expect(await rowOf(id)).toMatchObject({ uploadedBytes: BigInt(half) });
  const operation = await prisma.operation.findFirstOrThrow({ where: { resourceId: id } });
  expect(operation.percent).toBe(Math.round((45 * half) / qcow2.length));
  await prisma.image.update({ where: { id }, data: { deleteRequestedAt: new Date() } });
  await gone(id);
  expect(await left(id)).toEqual([]);
  expect(await prisma.operation.findFirst({ where: { resourceId: id } })).toMatchObject({
    state: "cancelled",
  });
});

test("a server that says nothing keeps up nothing but its own project's fetching", async () => {
  const { prisma } = cloud.database;
  const { domainId } = await prisma.project.findUniqueOrThrow({ where: { id: cloud.projectId } });
  const other = await prisma.project.create({ data: { id: crypto.randomUUID(), domainId, name: "other" } });
  for (const path of ["/hang/1", "/hang/2"]) await keeper.reconcile(await fetched(path));
  await keeper.reconcile(await fetched("/hang/3", other.id));
  await vi.waitUntil(() => asked.includes("/hang/3"), { timeout: 30_000 });
  const id = await brought(qcow2);
  await settled(id);
  expect((await rowOf(id))?.status).toBe("active");
  expect(asked.filter((path) => path.startsWith("/hang")).toSorted()).toEqual(["/hang/1", "/hang/3"]);
});

test("what waits for room is tried longer than what fails otherwise", () => {
  const fault = { code: "Unavailable", reason: "imageStoreFull", message: "full", retry: "later" } as const;
  expect(retrySeconds(fault, 13)).toBe(600);
  expect(retrySeconds(fault, 14)).toBeNull();
  expect(retrySeconds({ ...fault, reason: "imageUrlUnreachable" }, 3)).toBe(40);
  expect(retrySeconds({ ...fault, reason: "imageUrlUnreachable" }, 4)).toBeNull();
  expect(retrySeconds({ ...fault, retry: "never" }, 1)).toBeNull();
});
