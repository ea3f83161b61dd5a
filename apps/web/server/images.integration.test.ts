/** Images over the real socket with a real controller: brought by a tus client, judged by qemu-img. */
import { execFile } from "node:child_process";
import { createHash, randomBytes } from "node:crypto";
import { mkdtemp, readdir, readFile, rm, stat, statfs, symlink, writeFile } from "node:fs/promises";
import { request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PassThrough, Readable } from "node:stream";
import { promisify } from "node:util";
import { Upload as TusUpload } from "@tus/server";
import { Upload } from "tus-js-client";
import { afterAll, beforeAll, expect, test } from "vitest";
import { z } from "zod";
import { openUploadLocker } from "./image-lock.ts";
import { signIn, startTestWeb, type TestWeb, until } from "./testing.ts";
import { UploadStore } from "./upload-store.ts";

const run = promisify(execFile);
const mib = 1024 ** 2;
let web: TestWeb;
let mina: string;
let disk: Buffer;
let qcow2: Buffer;
beforeAll(async () => {
  web = await startTestWeb();
  mina = (await signIn(web.env, "mina")).cookie ?? "";
  const raw = join(web.env.data, "brought.raw");
  disk = Buffer.concat([randomBytes(2 * mib), Buffer.alloc(6 * mib)]);
  await writeFile(raw, disk);
  await run("qemu-img", ["convert", "-f", "raw", "-O", "qcow2", raw, join(web.env.data, "brought.qcow2")]);
  qcow2 = await readFile(join(web.env.data, "brought.qcow2"));
}, 180_000);
afterAll(() => web.close(), 60_000);

const failure = z.object({
  error: z.object({ json: z.object({ data: z.object({ cloud: z.object({ reason: z.string() }) }) }) }),
});

const told = <Told extends z.ZodType>(json: Told) =>
  z.object({ result: z.object({ data: z.object({ json }) }) });
const items = told(z.object({ items: z.array(z.object({ id: z.string() })) }));
const detail = told(z.looseObject({ members: z.array(z.unknown()) }));

/** Answers "done" or the reason of the refusal. */
async function mutate(path: string, input: object, cookie = mina): Promise<string> {
  const answer = await fetch(`${web.env.url}/api/trpc/${path}`, {
    method: "POST",
    headers: { cookie, origin: web.env.url, "content-type": "application/json" },
    body: JSON.stringify({ json: { projectId: web.projectId, ...input } }),
  });
  return answer.ok ? "done" : failure.parse(await answer.json()).error.json.data.cloud.reason;
}

type Wish = { format?: string; sizeBytes?: number; checksum?: object };
async function create(wish: Wish = {}): Promise<string> {
  const id = crypto.randomUUID();
  const { sizeBytes = qcow2.length, ...rest } = wish;
  const source = { kind: "upload", sizeBytes };
  expect(await mutate("image.create", { id, name: `image ${id}`, source, format: "qcow2", ...rest })).toBe(
    "done",
  );
  return id;
}

const uploadUrl = (id = "") => `${web.env.url}/api/images/upload${id && `/${id}`}`;
const headers = (cookie: string) => ({ cookie, origin: web.env.url });

/** `cut`: the client goes away after so many bytes. */
function upload(
  id: string,
  bytes: Buffer,
  { cookie = mina, cut = Number.POSITIVE_INFINITY } = {},
): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const client = new Upload(bytes, {
    endpoint: uploadUrl(),
    uploadUrl: uploadUrl(id),
    metadata: { imageId: id },
    chunkSize: mib,
    // More than may come at once wait for their turn.
    retryDelays: Array<number>(600).fill(100),
    headers: headers(cookie),
    onProgress: (sent) => {
      if (sent >= cut) client.abort().then(resolve, reject);
    },
    onSuccess: () => resolve(),
    onError: reject,
  });
  client.start();
  return promise;
}

const imageRow = (id: string) => web.database.prisma.image.findUnique({ where: { id } });
async function settled(id: string): Promise<NonNullable<Awaited<ReturnType<typeof imageRow>>>> {
  await until(async () => ["active", "killed"].includes((await imageRow(id))?.status ?? ""));
  const row = await imageRow(id);
  if (!row) throw new Error("it is gone");
  return row;
}
const leftOf = async (id: string) => {
  const folders = [join(web.env.images, "incoming"), join(web.env.images, "work")];
  const names = await Promise.all(folders.map((folder) => readdir(folder).catch(() => [])));
  return names.flat().filter((name) => name.startsWith(id));
};

test("an image is brought in pieces, cut off, gone on with, and becomes what it was", async () => {
  const sha256 = createHash("sha256").update(qcow2).digest("hex");
  const id = await create({ checksum: { algorithm: "sha256", value: sha256 } });
  await upload(id, qcow2, { cut: mib });
  const head = await fetch(uploadUrl(id), {
    method: "HEAD",
    headers: { ...headers(mina), "tus-resumable": "1.0.0" },
  });
  const offset = Number(head.headers.get("upload-offset"));
  expect(offset).toBeGreaterThan(0);
  expect(offset).toBeLessThan(qcow2.length);
  await upload(id, qcow2);
  const row = await settled(id);
  expect(row).toMatchObject({ status: "active", diskFormat: "qcow2", uploadSha256: sha256 });
  const stored = join(web.env.images, row.sha256 ?? "");
  expect(
    createHash("sha256")
      .update(await readFile(stored))
      .digest("hex"),
  ).toBe(row.sha256);
  expect(
    createHash("sha512")
      .update(await readFile(stored))
      .digest("hex"),
  ).toBe(row.sha512);
  await run("qemu-img", ["compare", "-f", "raw", "-F", "qcow2", join(web.env.data, "brought.raw"), stored]);
  const operation = await web.database.prisma.operation.findFirst({ where: { resourceId: id } });
  expect(operation).toMatchObject({ kind: "image.upload", state: "succeeded", percent: 100 });
  await until(async () => (await leftOf(id)).length === 0);

  const file = await fetch(`${web.env.url}/api/images/${web.projectId}/${id}/file`, {
    headers: { cookie: mina },
  });
  expect(file.status).toBe(200);
  expect(Buffer.from(await file.arrayBuffer()).equals(await readFile(stored))).toBe(true);

  expect(await mutate("image.update", { id, protected: true })).toBe("done");
  expect(await mutate("image.delete", { id })).toBe("imageProtected");
  expect(await mutate("image.update", { id, protected: false, visibility: "public" })).toBe("roleTooWeak");
  expect(await mutate("image.update", { id, protected: false })).toBe("done");
  expect(await mutate("image.delete", { id })).toBe("done");
  await until(async () => (await imageRow(id)) === null);
  await until(async () => (await stat(stored).catch(() => null)) === null);
});

test("what is not what it was said to be is refused and leaves nothing", async () => {
  const attack = join(web.env.data, "attack.qcow2");
  await run("qemu-img", ["create", "-f", "qcow2", "-F", "raw", "-b", "/etc/hostname", attack, "1M"]);
  const wrong = createHash("sha256").update("else").digest("hex");
  const early = Buffer.alloc(3 * mib);
  const cases: [Buffer, Wish, string][] = [
    [await readFile(attack), {}, "imageDependent"],
    [qcow2, { format: "raw" }, "imageOtherFormat"],
    [early, { format: "vmdk" }, "imageOtherFormat"],
    [qcow2, { checksum: { algorithm: "sha256", value: wrong } }, "imageChecksum"],
    [Buffer.concat([Buffer.from("<html>"), early]), { format: "raw" }, "imageBannedFormat"],
  ];
  const judged = cases.map(async ([bytes, wish, reason]) => {
    const id = await create({ ...wish, sizeBytes: bytes.length });
    await upload(id, bytes).catch(() => {});
    expect(await settled(id), reason).toMatchObject({ status: "killed", fault: { reason } });
    await until(async () => (await leftOf(id)).length === 0);
    expect(await mutate("image.delete", { id })).toBe("done");
  });
  await Promise.all(judged);
  await rm(attack);
});

const plain = (method: string, path: string, cookie: string, more: Record<string, string> = {}) =>
  fetch(`${web.env.url}${path}`, {
    method,
    headers: { ...headers(cookie), "tus-resumable": "1.0.0", ...more },
  });

test("nobody else brings bytes to it, and no other file than the one that was announced", async () => {
  const id = await create();
  const length = { "upload-length": String(qcow2.length), "upload-metadata": metadataOf(id) };
  const url = "/api/images/upload";
  expect((await plain("POST", url, "", length)).status).toBe(401);
  const foreign = { ...length, origin: "http://evil.example" };
  expect((await plain("POST", url, mina, foreign)).status).toBe(403);
  expect((await plain("POST", url, mina, { ...length, "upload-length": "5" })).status).toBe(400);
  expect(
    (await plain("POST", url, mina, { ...length, "upload-metadata": "imageId Li4vLi4vZXRj" })).status,
  ).toBe(404);
  expect((await plain("HEAD", `${url}/..%2f..%2fetc%2fpasswd`, mina)).status).toBe(404);
  expect((await plain("HEAD", `${url}/${crypto.randomUUID()}`, mina)).status).toBe(404);
  expect((await plain("POST", url, mina, length)).status).toBe(201);
  // Begun anew, it would lose what is there.
  expect((await plain("POST", url, mina, length)).status).toBe(409);
  expect((await plain("HEAD", `${url}/${id}`, "")).status).toBe(401);
  expect(await mutate("image.delete", { id })).toBe("done");
  await until(async () => (await imageRow(id)) === null);
  expect((await plain("HEAD", `${url}/${id}`, mina)).status).toBe(404);
});

/** As fetch would not send it. */
function sendRaw(
  method: string,
  path: string,
  headers: Record<string, string>,
  body: Buffer,
): Promise<number> {
  const { promise, resolve, reject } = Promise.withResolvers<number>();
  const wire = request(new URL(web.env.url), { method, path, headers }, (answer) => {
    answer.resume();
    resolve(answer.statusCode ?? 0);
  });
  wire.once("error", reject);
  wire.end(body);
  return promise;
}

const metadataOf = (id: string) => `imageId ${Buffer.from(id).toString("base64")}`;

test("a request is about the image that it was judged for, whatever else stands in it", async () => {
  const [mine, theirs] = [await create(), await create()];
  const length = { "upload-length": String(qcow2.length) };
  const url = "/api/images/upload";
  for (const id of [mine, theirs])
    expect((await plain("POST", url, mina, { ...length, "upload-metadata": metadataOf(id) })).status).toBe(
      201,
    );
  const tus = { ...headers(mina), "tus-resumable": "1.0.0" };
  const patch = { ...tus, "content-type": "application/offset+octet-stream", "upload-offset": "0" };
  const begin = qcow2.subarray(0, 1000);
  const sizeOf = async (id: string) => (await stat(join(web.env.images, "incoming", id))).size;
  expect(await sendRaw("PATCH", `${url}/${mine}?/${theirs}`, patch, begin)).toBe(204);
  expect([await sizeOf(mine), await sizeOf(theirs)]).toEqual([1000, 0]);
  const head = await plain("HEAD", `${url}/${theirs}?/${mine}`, mina);
  expect(head.headers.get("upload-offset")).toBe("0");
  // A refusal of the protocol's is no word about the bytes.
  expect(await sendRaw("PATCH", `${url}/${mine}`, { ...patch, "upload-length": "-1" }, begin)).toBe(400);
  expect(await imageRow(mine)).toMatchObject({ uploadEndedAt: null, fault: null });

  const upper = (await create()).toUpperCase();
  const again = { ...length, "upload-metadata": metadataOf(upper) };
  expect((await plain("POST", url, mina, again)).status).toBe(201);
  expect(await sizeOf(upper.toLowerCase())).toBe(0);
  expect((await plain("POST", url, mina, again)).status).toBe(409);
  for (const id of [mine, theirs, upper.toLowerCase()])
    expect(await mutate("image.delete", { id })).toBe("done");
});

const isGone = (promise: Promise<unknown>) =>
  expect(promise).rejects.toMatchObject({ options: { reason: "imageUploadCut" } });

test("PostgreSQL goes away under an upload: it is cut off, and gone on with", async () => {
  const id = await create();
  const post = { "upload-length": String(qcow2.length), "upload-metadata": metadataOf(id) };
  expect((await plain("POST", "/api/images/upload", mina, post)).status).toBe(201);
  const { promise, resolve, reject } = Promise.withResolvers<number>();
  const wire = request(new URL(uploadUrl(id)), {
    method: "PATCH",
    headers: {
      ...headers(mina),
      "tus-resumable": "1.0.0",
      "content-type": "application/offset+octet-stream",
      "content-length": String(qcow2.length),
      "upload-offset": "0",
    },
  });
  wire.once("response", (answer) => {
    answer.resume();
    resolve(answer.statusCode ?? 0);
  });
  wire.once("error", reject);
  wire.write(qcow2.subarray(0, mib));
  await until(async () => (await stat(join(web.env.images, "incoming", id))).size >= mib);
  const { rowCount } = await web.database.pool.query(
    `SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' AND granted
      AND ((classid::bigint << 32) | objid::bigint) = hashtextextended($1, 0)`,
    [`image:${id}`],
  );
  expect(rowCount).toBe(1);
  expect(await promise).toBe(503);
  wire.destroy();
  await upload(id, qcow2);
  expect(await settled(id)).toMatchObject({ status: "active" });
  expect(await mutate("image.delete", { id })).toBe("done");
});

test("a place is for whoever brings bytes, and one upload has one writer", async () => {
  const directory = await mkdtemp(join(tmpdir(), "madang-upload-"));
  const rate = { bytes: 1000, everyMs: 50 };
  const store = new UploadStore(directory, { rate, declared: () => "raw", onBytes: () => {} });
  await writeFile(join(directory, "slow"), "");
  const silent = new PassThrough();
  silent.write("some");
  await isGone(store.write(silent, "slow", 0));
  expect(await readFile(join(directory, "slow"), "utf8")).toBe("some");

  const { bavail, bsize } = await statfs(directory);
  const most = { size: Math.floor(bavail * bsize * 0.6), offset: 0 };
  await store.create(new TusUpload({ id: "first", ...most }));
  const full = { options: { reason: "imageStoreFull", retry: "later" } };
  await expect(store.create(new TusUpload({ id: "second", ...most }))).rejects.toMatchObject(full);
  await symlink("/dev/full", join(directory, "full"));
  const bytes = Readable.from([Buffer.alloc(10)]);
  await expect(store.write(bytes, "full", 0)).rejects.toMatchObject(full);
  await rm(directory, { recursive: true });

  const locker = openUploadLocker(web.database, () => {});
  const [first, second] = [locker.newLock("one"), locker.newLock("one")];
  const { signal } = new AbortController();
  const asked = Promise.withResolvers<void>();
  await first.lock(signal, () => asked.resolve());
  const turn = second.lock(signal, () => {});
  await asked.promise;
  const gone = AbortSignal.abort();
  await expect(locker.newLock("one").lock(gone, () => {})).rejects.toThrow("Somebody else");
  await first.unlock();
  await turn;
  await second.unlock();
});

test("a project brings no more than its quota allows", async () => {
  const { prisma } = web.database;
  const { projectId } = web;
  await prisma.quota.create({ data: { projectId, resource: "image_size", limit: 10 } });
  const wish = {
    id: crypto.randomUUID(),
    name: "large",
    source: { kind: "upload", sizeBytes: 11 * mib },
    format: "raw",
  };
  expect(await mutate("image.create", wish)).toBe("quotaExceeded");
  await prisma.quota.delete({ where: { projectId_resource: { projectId, resource: "image_size" } } });
});

type Special = {
  visibility: "shared" | "community" | "public";
  projectId?: string;
  status?: "queued";
  sha256?: null;
  origin?: "upload";
  uploadSizeBytes?: bigint;
};

test("of an image everybody hears, takes and changes only what is his", async () => {
  const { prisma } = web.database;
  const [{ domainId }, active] = await Promise.all([
    prisma.project.findUniqueOrThrow({ where: { id: web.projectId } }),
    prisma.image.findUniqueOrThrow({ where: { id: web.imageId } }),
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
  const get = async (id: string) => {
    const input = encodeURIComponent(JSON.stringify({ json: { projectId: web.projectId, id } }));
    return fetch(`${web.env.url}/api/trpc/image.get?input=${input}`, { headers: { cookie: mina } });
  };
  const listed = async (filter: object = {}) => {
    const json = { projectId: web.projectId, filter, limit: 100 };
    const input = encodeURIComponent(JSON.stringify({ json }));
    const answer = await fetch(`${web.env.url}/api/trpc/image.list?input=${input}`, {
      headers: { cookie: mina },
    });
    return items.parse(await answer.json()).result.data.json.items.map(({ id }) => id);
  };
  const fileOf = async (id: string, more = {}) =>
    (await plain("GET", `/api/images/${web.projectId}/${id}/file`, mina, more)).status;

  const offer = await insert({ visibility: "shared" });
  await prisma.imageMember.createMany({
    data: [web.projectId, other].map((projectId) => ({ imageId: offer, projectId })),
  });
  const shown = detail.parse(await (await get(offer)).json()).result.data.json;
  expect(Object.keys(shown).toSorted()).toEqual(
    "createdAt description diskFormat fault id instances minDiskGib minRamMib members name origin own ownerName projectId properties protected sha256 sha512 share sizeBytes sourceUrl status uploadFormat uploadSha256 uploadSizeBytes uploadedBytes virtualSizeBytes visibility"
      .split(" ")
      .toSorted(),
  );
  expect(shown).toMatchObject({ members: [], ownerName: "other", share: "pending" });
  expect(await fileOf(offer)).toBe(404);
  expect(await mutate("image.acceptShare", { id: offer })).toBe("done");
  expect(await fileOf(offer)).toBe(200);
  expect(await fileOf(offer, { "sec-fetch-site": "cross-site" })).toBe(403);
  expect(await mutate("image.rejectShare", { id: offer })).toBe("done");
  expect([await fileOf(offer), (await get(offer)).status]).toEqual([404, 404]);

  const community = await insert({ visibility: "community" });
  const empty = { status: "queued" as const, sha256: null };
  const unfinished = await insert({ visibility: "community", ...empty });
  expect(await listed()).toContain(web.imageId);
  expect(await listed()).not.toContain(community);
  expect(await listed({ visibility: ["community"] })).toEqual([community]);
  expect((await get(unfinished)).status).toBe(404);

  const published = await insert({
    ...{ visibility: "public", projectId: web.projectId, origin: "upload", uploadSizeBytes: 5n },
    ...empty,
  });
  const post = { "upload-length": "5", "upload-metadata": metadataOf(published) };
  expect((await plain("POST", "/api/images/upload", mina, post)).status).toBe(403);
  expect(await mutate("image.delete", { id: published })).toBe("roleTooWeak");

  const mine = await insert({ visibility: "shared", projectId: web.projectId });
  expect(await mutate("image.update", { id: mine, deactivated: true })).toBe("done");
  expect(await mutate("image.update", { id: mine, deactivated: false })).toBe("done");
  const admin = (await signIn(web.env, "admin")).cookie ?? "";
  expect(await mutate("image.update", { id: mine, deactivated: true }, admin)).toBe("done");
  expect(await mutate("image.update", { id: mine, deactivated: false })).toBe("roleTooWeak");
  expect(await mutate("image.update", { id: mine, description: "still mine" })).toBe("done");
  expect(await mutate("image.update", { id: mine, deactivated: false }, admin)).toBe("done");
  expect(await mutate("image.setMembers", { id: mine, projectIds: [other] })).toBe("done");
  const before = detail.parse(await (await get(mine)).json()).result.data.json;
  expect(before.members).toEqual([{ projectId: other, projectName: null, state: "pending" }]);
  await prisma.imageMember.updateMany({ where: { imageId: mine }, data: { state: "accepted" } });
  const after = detail.parse(await (await get(mine)).json()).result.data.json;
  expect(after.members).toEqual([{ projectId: other, projectName: "other", state: "accepted" }]);
  await prisma.image.deleteMany({ where: { id: { in: [offer, community, unfinished, published, mine] } } });
  await prisma.project.delete({ where: { id: other } });
});

test("a volume is made of an image that stays, or not at all", async () => {
  const { prisma, pool } = web.database;
  const tiny = await prisma.image.findUniqueOrThrow({ where: { id: web.imageId } });
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

test("nothing is fetched from within", async () => {
  const refused = [
    "http://127.0.0.1/x",
    "http://[::1]/x",
    "http://169.254.169.254/latest",
    "http://localhost/x",
  ];
  for (const url of refused) {
    const id = crypto.randomUUID();
    expect(await mutate("image.create", { id, name: "fetched", source: { kind: "url", url } })).toBe("done");
    expect(await settled(id), url).toMatchObject({
      status: "killed",
      fault: { reason: "imageUrlForbidden" },
    });
  }
  const shapes = [
    "file:///etc/passwd",
    "http://a:b@example.com/",
    "ftp://example.com/x",
    "http://example.com:22/",
  ];
  for (const url of shapes)
    expect(
      await mutate("image.create", { id: crypto.randomUUID(), name: "x", source: { kind: "url", url } }),
    ).toBe("imageUrlShape");
});
