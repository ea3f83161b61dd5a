/** Images that are brought: over tus, from an address; cut off, refused, gone on with. */
import { createHash } from "node:crypto";
import { mkdtemp, readFile, rm, stat, statfs, symlink, writeFile } from "node:fs/promises";
import { request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PassThrough, Readable } from "node:stream";
import { Upload as TusUpload } from "@tus/server";
import { expect, test } from "vitest";
import { openUploadLocker } from "./image-lock.ts";
import { until } from "./testing.ts";
import { metadataOf, mib, run, testImages, type Wish } from "./testing-images.ts";
import { UploadStore } from "./upload-store.ts";

const images = testImages();
const { cloud, mina, qcow2, headers, uploadUrl, mutate, create, upload, row, settled, leftOf, plain } =
  images;

const isGone = (promise: Promise<unknown>) =>
  expect(promise).rejects.toMatchObject({ options: { reason: "imageUploadCut" } });

test("an image is brought in pieces, cut off, gone on with, and becomes what it was", async () => {
  const sha256 = createHash("sha256").update(qcow2()).digest("hex");
  const id = await create({ checksum: { algorithm: "sha256", value: sha256 } });
  await upload(id, qcow2(), { cut: mib });
  const head = await fetch(uploadUrl(id), {
    method: "HEAD",
    headers: { ...headers(mina()), "tus-resumable": "1.0.0" },
  });
  const offset = Number(head.headers.get("upload-offset"));
  expect(offset).toBeGreaterThan(0);
  expect(offset).toBeLessThan(qcow2().length);
  await upload(id, qcow2());
  const brought = await settled(id);
  expect(brought).toMatchObject({ status: "active", diskFormat: "qcow2", uploadSha256: sha256 });
  const stored = join(cloud().env.images, brought.sha256 ?? "");
  expect(
    createHash("sha256")
      .update(await readFile(stored))
      .digest("hex"),
  ).toBe(brought.sha256);
  expect(
    createHash("sha512")
      .update(await readFile(stored))
      .digest("hex"),
  ).toBe(brought.sha512);
  await run("qemu-img", [
    "compare",
    "-f",
    "raw",
    "-F",
    "qcow2",
    join(cloud().env.data, "brought.raw"),
    stored,
  ]);
  const operation = await cloud().database.prisma.operation.findFirst({ where: { resourceId: id } });
  expect(operation).toMatchObject({ kind: "image.upload", state: "succeeded", percent: 100 });
  await until(async () => (await leftOf(id)).length === 0);

  const file = await fetch(`${cloud().env.url}/api/images/${cloud().projectId}/${id}/file`, {
    headers: { cookie: mina() },
  });
  expect(file.status).toBe(200);
  expect(Buffer.from(await file.arrayBuffer()).equals(await readFile(stored))).toBe(true);

  expect(await mutate("image.update", { id, protected: true })).toBe("done");
  expect(await mutate("image.delete", { id })).toBe("imageProtected");
  expect(await mutate("image.update", { id, protected: false, visibility: "public" })).toBe("roleTooWeak");
  expect(await mutate("image.update", { id, protected: false })).toBe("done");
  expect(await mutate("image.delete", { id })).toBe("done");
  await until(async () => (await row(id)) === null);
  await until(async () => (await stat(stored).catch(() => null)) === null);
});

test("what is not what it was said to be is refused and leaves nothing", async () => {
  const attack = join(cloud().env.data, "attack.qcow2");
  await run("qemu-img", ["create", "-f", "qcow2", "-F", "raw", "-b", "/etc/hostname", attack, "1M"]);
  const wrong = createHash("sha256").update("else").digest("hex");
  const early = Buffer.alloc(3 * mib);
  const cases: [Buffer, Wish, string][] = [
    [await readFile(attack), {}, "imageDependent"],
    [qcow2(), { format: "raw" }, "imageOtherFormat"],
    [early, { format: "vmdk" }, "imageOtherFormat"],
    [qcow2(), { checksum: { algorithm: "sha256", value: wrong } }, "imageChecksum"],
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

test("PostgreSQL goes away under an upload: it is cut off, and gone on with", async () => {
  const id = await create();
  const post = { "upload-length": String(qcow2().length), "upload-metadata": metadataOf(id) };
  expect((await plain("POST", "/api/images/upload", mina(), post)).status).toBe(201);
  const { promise, resolve, reject } = Promise.withResolvers<number>();
  const wire = request(new URL(uploadUrl(id)), {
    method: "PATCH",
    headers: {
      ...headers(mina()),
      "tus-resumable": "1.0.0",
      "content-type": "application/offset+octet-stream",
      "content-length": String(qcow2().length),
      "upload-offset": "0",
    },
  });
  wire.once("response", (answer) => {
    answer.resume();
    resolve(answer.statusCode ?? 0);
  });
  wire.once("error", reject);
  wire.write(qcow2().subarray(0, mib));
  await until(async () => (await stat(join(cloud().env.images, "incoming", id))).size >= mib);
  const { rowCount } = await cloud().database.pool.query(
    `SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' AND granted
      AND ((classid::bigint << 32) | objid::bigint) = hashtextextended($1, 0)`,
    [`image:${id}`],
  );
  expect(rowCount).toBe(1);
  expect(await promise).toBe(503);
  wire.destroy();
  await upload(id, qcow2());
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

  const locker = openUploadLocker(cloud().database, () => {});
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
  const { prisma } = cloud().database;
  const { projectId } = cloud();
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

test("nobody else brings bytes to it, and no other file than the one that was announced", async () => {
  const id = await create();
  const length = { "upload-length": String(qcow2().length), "upload-metadata": metadataOf(id) };
  const url = "/api/images/upload";
  expect((await plain("POST", url, "", length)).status).toBe(401);
  const foreign = { ...length, origin: "http://evil.example" };
  expect((await plain("POST", url, mina(), foreign)).status).toBe(403);
  expect((await plain("POST", url, mina(), { ...length, "upload-length": "5" })).status).toBe(400);
  expect(
    (await plain("POST", url, mina(), { ...length, "upload-metadata": "imageId Li4vLi4vZXRj" })).status,
  ).toBe(404);
  expect((await plain("HEAD", `${url}/..%2f..%2fetc%2fpasswd`, mina())).status).toBe(404);
  expect((await plain("HEAD", `${url}/${crypto.randomUUID()}`, mina())).status).toBe(404);
  expect((await plain("POST", url, mina(), length)).status).toBe(201);
  // Begun anew, it would lose what is there.
  expect((await plain("POST", url, mina(), length)).status).toBe(409);
  expect((await plain("HEAD", `${url}/${id}`, "")).status).toBe(401);
  expect(await mutate("image.delete", { id })).toBe("done");
  await until(async () => (await row(id)) === null);
  expect((await plain("HEAD", `${url}/${id}`, mina())).status).toBe(404);
});

/** As fetch would not send it. */
function sendRaw(
  method: string,
  path: string,
  headers: Record<string, string>,
  body: Buffer,
): Promise<number> {
  const { promise, resolve, reject } = Promise.withResolvers<number>();
  const wire = request(new URL(cloud().env.url), { method, path, headers }, (answer) => {
    answer.resume();
    resolve(answer.statusCode ?? 0);
  });
  wire.once("error", reject);
  wire.end(body);
  return promise;
}

test("a request is about the image that it was judged for, whatever else stands in it", async () => {
  const [mine, theirs] = [await create(), await create()];
  const length = { "upload-length": String(qcow2().length) };
  const url = "/api/images/upload";
  for (const id of [mine, theirs])
    expect((await plain("POST", url, mina(), { ...length, "upload-metadata": metadataOf(id) })).status).toBe(
      201,
    );
  const tus = { ...headers(mina()), "tus-resumable": "1.0.0" };
  const patch = { ...tus, "content-type": "application/offset+octet-stream", "upload-offset": "0" };
  const begin = qcow2().subarray(0, 1000);
  const sizeOf = async (id: string) => (await stat(join(cloud().env.images, "incoming", id))).size;
  expect(await sendRaw("PATCH", `${url}/${mine}?/${theirs}`, patch, begin)).toBe(204);
  expect([await sizeOf(mine), await sizeOf(theirs)]).toEqual([1000, 0]);
  const head = await plain("HEAD", `${url}/${theirs}?/${mine}`, mina());
  expect(head.headers.get("upload-offset")).toBe("0");
  // A refusal of the protocol's is no word about the bytes.
  expect(await sendRaw("PATCH", `${url}/${mine}`, { ...patch, "upload-length": "-1" }, begin)).toBe(400);
  expect(await row(mine)).toMatchObject({ uploadEndedAt: null, fault: null });

  const upper = (await create()).toUpperCase();
  const again = { ...length, "upload-metadata": metadataOf(upper) };
  expect((await plain("POST", url, mina(), again)).status).toBe(201);
  expect(await sizeOf(upper.toLowerCase())).toBe(0);
  expect((await plain("POST", url, mina(), again)).status).toBe(409);
  for (const id of [mine, theirs, upper.toLowerCase()])
    expect(await mutate("image.delete", { id })).toBe("done");
});
