/** How many may bring bytes at once, who waits, and what a hundred uploads leave when the quota has room for ten. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readdir, stat } from "node:fs/promises";
import { request } from "node:http";
import { join } from "node:path";
import { assignRole } from "@madang/api/bootstrap";
import { afterEach, expect, test } from "vitest";
import { z } from "zod";
import { until } from "./testing.ts";
import { metadataOf, mib, testImages } from "./testing-images.ts";

const { cloud, mina, mutate, headers, uploadUrl, row, settled, leftOf, plain } = testImages();
const length = 8 * mib;
/** Enough not to be cut off, and little enough to last: bytes, and how often, ms. */
const drip = { bytes: 32 * 1024, everyMs: 2_000 };
const perProject = 4;
const perProcess = 16;

/** A project of Mina's with room for what is tried. */
async function newProject(name: string): Promise<string> {
  const { prisma } = cloud().database;
  const { domainId } = await prisma.project.findUniqueOrThrow({ where: { id: cloud().projectId } });
  const { id } = await prisma.project.create({ data: { id: crypto.randomUUID(), domainId, name } });
  const { id: userId } = await prisma.user.findFirstOrThrow({ where: { name: "mina" } });
  await assignRole(prisma, userId, id, "member");
  return id;
}

async function begin(projectId: string): Promise<string> {
  const id = crypto.randomUUID();
  const source = { kind: "upload", sizeBytes: length };
  expect(await mutate("image.create", { projectId, id, name: id, source, format: "raw" })).toBe("done");
  const post = { "upload-length": String(length), "upload-metadata": metadataOf(id) };
  expect((await plain("POST", "/api/images/upload", mina(), post)).status).toBe(201);
  return id;
}

const patchOf = (offset: number, bytes: number) => ({
  ...headers(mina()),
  "tus-resumable": "1.0.0",
  "content-type": "application/offset+octet-stream",
  "content-length": String(bytes),
  "upload-offset": String(offset),
});

const arrived = async (id: string) =>
  (await stat(join(cloud().env.images, "incoming", id)).catch(() => null))?.size ?? 0;

type Writer = { id: string; end: () => Promise<number>; abort: () => void };
const open = new Set<Writer>();
afterEach(() => {
  for (const writer of open) writer.abort();
});

/** Has its place, for bytes of it are there, and keeps it until it is ended. */
async function hold(id: string): Promise<Writer> {
  const wire = request(uploadUrl(id), { method: "PATCH", headers: patchOf(0, length) });
  const answered = Promise.withResolvers<number>();
  wire.once("response", (answer) => {
    answer.resume();
    answered.resolve(answer.statusCode ?? 0);
  });
  wire.once("error", answered.reject);
  answered.promise.catch(() => {});
  let sent = 0;
  const write = (bytes: number) => {
    wire.write(Buffer.alloc(bytes, 7));
    sent += bytes;
  };
  write(drip.bytes);
  const clock = setInterval(() => write(drip.bytes), drip.everyMs);
  const stop = () => {
    clearInterval(clock);
    open.delete(writer);
  };
  const writer: Writer = {
    id,
    end: () => {
      stop();
      wire.end(Buffer.alloc(length - sent, 7));
      return answered.promise;
    },
    abort: () => {
      stop();
      wire.destroy();
    },
  };
  open.add(writer);
  await until(async () => (await arrived(id)) >= drip.bytes);
  return writer;
}

const refusal = z.object({
  cloud: z.object({ code: z.string(), reason: z.string(), retry: z.string() }),
});

async function expectRefused(id: string): Promise<void> {
  const before = await arrived(id);
  const answer = await fetch(uploadUrl(id), {
    method: "PATCH",
    headers: patchOf(0, length),
    body: Buffer.alloc(length, 7),
  });
  expect(answer.status).toBe(503);
  expect(Number(answer.headers.get("retry-after"))).toBeGreaterThan(0);
  expect(refusal.parse(await answer.json()).cloud).toEqual({
    code: "Unavailable",
    reason: "tooManyUploads",
    retry: "later",
  });
  expect(await arrived(id)).toBe(before);
  expect(await row(id)).toMatchObject({ status: "queued", fault: null, uploadEndedAt: null });
}

/** Asks for a place again as a client of tus does, from where its bytes end. */
async function bringRest(id: string): Promise<void> {
  await bring(id);
  expect(await settled(id)).toMatchObject({ status: "active", uploadedBytes: BigInt(length) });
}

async function bring(id: string, bytes = length): Promise<void> {
  await until(async () => {
    if ((await row(id))?.uploadEndedAt) return true;
    const head = await plain("HEAD", `/api/images/upload/${id}`, mina());
    const offset = Number(head.headers.get("upload-offset"));
    if (head.status !== 200) return false;
    const answer = await fetch(uploadUrl(id), {
      method: "PATCH",
      headers: patchOf(offset, bytes - offset),
      body: Buffer.alloc(bytes - offset, 7),
    });
    return answer.status === 204;
  });
}

/** Another process that writes. Answers how it is killed. */
async function holdElsewhere(id: string): Promise<() => Promise<void>> {
  const script = `const [url, headers, bytes, everyMs] = JSON.parse(process.argv[1]);
    const wire = require("node:http").request(url, { method: "PATCH", headers });
    wire.write(Buffer.alloc(bytes, 7));
    setInterval(() => wire.write(Buffer.alloc(bytes, 7)), everyMs);`;
  const argument = JSON.stringify([uploadUrl(id), patchOf(0, length), drip.bytes, drip.everyMs]);
  const child = spawn(process.execPath, ["-e", script, argument], { stdio: "ignore" });
  await until(async () => (await arrived(id)) >= drip.bytes);
  return async () => {
    child.kill("SIGKILL");
    await once(child, "exit");
  };
}

const leaving: [string, (id: string) => Promise<() => unknown>][] = [
  ["ends", async (id) => (await hold(id)).end],
  ["is cut off", async (id) => (await hold(id)).abort],
  ["is killed", holdElsewhere],
];

test("whoever is cut off gives its place back, however often", async () => {
  const projectId = await newProject("often");
  const ids: string[] = [];
  for (let time = 0; time < perProject * 3; time++) {
    const id = await begin(projectId);
    (await hold(id)).abort();
    ids.push(id);
    await until(
      async () =>
        (await plain("HEAD", `/api/images/upload/${id}`, mina())).headers.get("upload-offset") !== null,
    );
  }
  await bringRest(ids[0] ?? "");
});

test("four write at once in a project; the fifth hears when to come back, and loses nothing", async () => {
  const projectId = await newProject("four");
  const steady: Writer[] = [];
  while (steady.length < perProject - 1) steady.push(await hold(await begin(projectId)));
  for (const [how, take] of leaving) {
    // To begin takes a place for a moment too.
    const [fourth, fifth] = [await begin(projectId), await begin(projectId)];
    const leave = await take(fourth);
    await expectRefused(fifth);
    await leave();
    await bringRest(fifth);
    if (how === "ends") expect(await settled(fourth)).toMatchObject({ status: "active" });
    else expect(await arrived(fourth), how).toBeGreaterThanOrEqual(drip.bytes);
    if (how !== "ends") await bringRest(fourth);
  }
  for (const writer of steady) expect(await writer.end()).toBe(204);
  for (const { id } of steady) expect(await settled(id)).toMatchObject({ status: "active" });
}, 400_000);

test("sixteen write at once in a process, whosever projects they are", async () => {
  const ids: string[] = [];
  for (let project = 0; project < perProcess / perProject; project++) {
    const projectId = await newProject(`of sixteen ${project}`);
    for (let count = 0; count < perProject; count++) ids.push(await begin(projectId));
  }
  const last = await begin(await newProject("the seventeenth"));
  const holders = await Promise.all(ids.map(hold));
  await expectRefused(last);
  holders[0]?.abort();
  await bringRest(last);
  for (const { abort } of holders) abort();
  for (const id of ids) expect(await arrived(id)).toBeGreaterThanOrEqual(drip.bytes);
  for (const id of ids.slice(0, 2)) await bringRest(id);
}, 400_000);

test("a hundred uploads over quota: none exceeds it, and nothing of them is left", async () => {
  const { prisma } = cloud().database;
  const projectId = await newProject("a hundred");
  const [room, sizeBytes] = [10, mib];
  const limits = { images: 1_000, image_size: room * (sizeBytes / mib) };
  for (const [resource, limit] of Object.entries(limits))
    await prisma.quota.create({ data: { projectId, resource, limit } });
  const ids = Array.from({ length: 100 }, () => crypto.randomUUID());
  const source = { kind: "upload", sizeBytes };
  const wish = (id: string) => ({ projectId, id, name: id, source, format: "raw" });
  const asked = await Promise.all(ids.map((id) => insisted(() => mutate("image.create", wish(id)))));
  expect(Object.groupBy(asked, (one) => one)).toEqual({
    done: Array(room).fill("done"),
    quotaExceeded: Array(100 - room).fill("quotaExceeded"),
  });
  const made = await prisma.image.findMany({ where: { projectId }, select: { id: true } });
  // All hundred are begun all the same, and bring more than they said.
  await Promise.all(ids.map((id) => tryAll(id, sizeBytes)));
  const isMade = new Set(made.map(({ id }) => id));
  for (const id of ids.filter((one) => !isMade.has(one))) expect(await leftOf(id)).toEqual([]);
  for (const id of isMade) expect(await arrived(id)).toBeLessThanOrEqual(sizeBytes);
  await Promise.all(
    [...isMade].map(async (id) => {
      await insistedBegin(id, sizeBytes);
      await bring(id, sizeBytes);
    }),
  );
  // Noise grows a little when it becomes a qcow2: who would exceed the quota then is refused.
  for (const id of isMade) {
    const { status, fault } = await settled(id);
    if (status === "killed") expect(fault).toMatchObject({ reason: "quotaExceeded" });
  }
  const total = await prisma.image.aggregate({ where: { projectId }, _sum: { sizeBytes: true } });
  expect(Number(total._sum.sizeBytes)).toBeLessThanOrEqual(limits.image_size * mib);
  for (const id of isMade) expect(await mutate("image.delete", { projectId, id })).toBe("done");
  await until(async () => (await prisma.image.count({ where: { projectId } })) === 0);
  const incoming = await readdir(join(cloud().env.images, "incoming"));
  expect(incoming.filter((name) => ids.some((id) => name.startsWith(id)))).toEqual([]);
  const state = { in: ["pending", "running"] satisfies ("pending" | "running")[] };
  expect(await prisma.operation.count({ where: { projectId, state } })).toBe(0);
  const operations = await prisma.operation.groupBy({ by: ["kind"], where: { projectId }, _count: true });
  expect(operations.map(({ kind, _count }) => [kind, _count]).toSorted()).toEqual([
    ["image.delete", room],
    ["image.upload", room],
  ]);
}, 400_000);

/** What was only asked too often at once is asked again. */
async function insisted(ask: () => Promise<string>): Promise<string> {
  let said = "";
  await until(async () => {
    said = await ask();
    return said !== "tooManyRequests";
  });
  return said;
}

/** As a client does who found no place: again, until it has begun. */
async function insistedBegin(id: string, sizeBytes: number): Promise<void> {
  const post = { "upload-length": String(sizeBytes), "upload-metadata": metadataOf(id) };
  await until(async () => {
    if ((await row(id))?.uploadEndedAt) return true;
    const { status } = await plain("POST", "/api/images/upload", mina(), post);
    return status === 201 || status === 409;
  });
}

/** Begins it, and brings twice what was announced. */
async function tryAll(id: string, sizeBytes: number): Promise<void> {
  const post = { "upload-length": String(sizeBytes), "upload-metadata": metadataOf(id) };
  const begun = await plain("POST", "/api/images/upload", mina(), post);
  expect([201, 404, 429, 503]).toContain(begun.status);
  const answer = await fetch(uploadUrl(id), {
    method: "PATCH",
    headers: patchOf(0, 2 * sizeBytes),
    body: Buffer.alloc(2 * sizeBytes, 7),
  }).catch(() => null);
  if (answer) expect(answer.status).toBeGreaterThanOrEqual(400);
}
