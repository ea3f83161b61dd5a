/** Pieces of copies over the agents' own port: who may bring which, and what is there afterwards. */
import { execFile } from "node:child_process";
import { createHash, randomBytes } from "node:crypto";
import { readdir, readFile, stat, writeFile } from "node:fs/promises";
import { request } from "node:https";
import { join } from "node:path";
import { promisify } from "node:util";
import { exportHeaders } from "@madang/core/wire/export";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type AgentIdentity, joinAs, startTestWeb, type TestWeb, until } from "./testing.ts";

const run = promisify(execFile);
const mib = 1024 ** 2;
let web: TestWeb;
let mine: AgentIdentity;
let copy: Buffer;
let sha256: string;
beforeAll(async () => {
  web = await startTestWeb();
  const joined = await joinAs(web.env, web.joinToken, "bringer");
  if (!joined.identity) throw new Error("not joined");
  mine = joined.identity;
  const [raw, path] = [join(web.env.data, "copy.raw"), join(web.env.data, "copy.qcow2")];
  await writeFile(raw, Buffer.concat([randomBytes(18 * mib), Buffer.alloc(14 * mib)]));
  await run("qemu-img", ["convert", "-f", "raw", "-O", "qcow2", raw, path]);
  copy = await readFile(path);
  sha256 = createHash("sha256").update(copy).digest("hex");
}, 180_000);
afterAll(() => web.close(), 60_000);

/** As admission writes it; of a volume that is there, so that the controller does not find it gone. */
async function wanted(sourceHypervisorId = mine.hypervisorId, bytes = 32 * mib): Promise<string> {
  const { prisma } = web.database;
  const { id: volumeTypeId } = await prisma.volumeType.findFirstOrThrow();
  const place = { projectId: web.projectId, name: "a volume" };
  const volume = {
    ...place,
    id: crypto.randomUUID(),
    sizeGib: 1,
    volumeTypeId,
    hypervisorId: mine.hypervisorId,
  };
  await prisma.volume.create({ data: volume });
  const id = crypto.randomUUID();
  await prisma.image.create({
    data: {
      ...{ ...place, id, origin: "volume", visibility: "private", status: "queued", diskFormat: "qcow2" },
      ...{ uploadFormat: "qcow2", sourceVolumeId: volume.id, sourceHypervisorId },
      uploadSizeBytes: BigInt(bytes),
    },
  });
  return id;
}

type Piece = { offset?: number; size?: number; sum?: string; identity?: AgentIdentity | null };
type Answer = { status: number; reason: string | undefined; offset: number | undefined };

function put(id: string, bytes: Buffer, piece: Piece = {}): Promise<Answer> {
  const { offset = 0, size = copy.length, sum = sha256, identity = mine } = piece;
  const headers = {
    "content-type": "application/octet-stream",
    "content-length": bytes.length,
    ...{ [exportHeaders.offset]: offset, [exportHeaders.size]: size, [exportHeaders.sha256]: sum },
  };
  const tls = identity
    ? { key: identity.key, cert: identity.cert, ca: identity.ca }
    : { rejectUnauthorized: false };
  const { promise, resolve, reject } = Promise.withResolvers<Answer>();
  const sent = request(
    `${web.env.agentUrl}/exports/${id}`,
    { method: "PUT", headers, agent: false, ...tls },
    (answer) => {
      const chunks: Buffer[] = [];
      answer.on("data", (chunk: Buffer) => chunks.push(chunk));
      answer.on("end", () => {
        const said = JSON.parse(Buffer.concat(chunks).toString());
        resolve({ status: answer.statusCode ?? 0, reason: said.cloud?.reason, offset: said.offset });
      });
    },
  );
  sent.on("error", reject);
  sent.end(bytes);
  return promise;
}

const rowOf = (id: string) => web.database.prisma.image.findUnique({ where: { id } });
const incoming = (id: string) => join(web.env.images, "incoming", id);

test("a copy comes in pieces, each where the last one ended, and becomes an image", async () => {
  const id = await wanted();
  const [first, rest] = [copy.subarray(0, 16 * mib), copy.subarray(16 * mib)];
  expect(await put(id, first)).toMatchObject({ status: 200, offset: 16 * mib });
  // Said again, for its answer was lost.
  expect(await put(id, first)).toMatchObject({ status: 200, offset: 16 * mib });
  expect(await put(id, rest, { offset: 20 * mib })).toMatchObject({ status: 200, offset: 16 * mib });
  expect(await rowOf(id)).toMatchObject({
    status: "saving",
    uploadedBytes: BigInt(16 * mib),
    uploadEndedAt: null,
  });
  expect(await put(id, rest, { offset: 16 * mib })).toMatchObject({ status: 200, offset: copy.length });
  expect(await put(id, rest, { offset: 16 * mib })).toMatchObject({
    status: 409,
    reason: "imageUploadClosed",
  });
  await until(async () => (await rowOf(id))?.status === "active");
  const row = await rowOf(id);
  expect(row).toMatchObject({ uploadSha256: sha256, exportSha256: sha256 });
  const stored = join(web.env.images, row?.sha256 ?? "");
  await run("qemu-img", ["compare", "-f", "raw", "-F", "qcow2", join(web.env.data, "copy.raw"), stored]);
});

test("a copy that was taken whole and not noted is noted when its last piece comes again", async () => {
  const id = await wanted();
  expect(await put(id, copy.subarray(0, 16 * mib))).toMatchObject({ offset: 16 * mib });
  // As a kill between the last byte and the note leaves it.
  await writeFile(incoming(id), copy);
  expect(await rowOf(id)).toMatchObject({ uploadEndedAt: null });
  expect(await put(id, copy.subarray(16 * mib), { offset: 16 * mib })).toMatchObject({
    status: 200,
    offset: copy.length,
  });
  expect((await rowOf(id))?.uploadEndedAt).not.toBeNull();
  await until(async () => (await rowOf(id))?.status === "active");
});

test("two copies of one disk are never mixed, and a damaged one is no image", async () => {
  const id = await wanted();
  const other = Buffer.concat([copy.subarray(0, 4 * mib), randomBytes(mib), copy.subarray(5 * mib)]);
  const sum = createHash("sha256").update(other).digest("hex");
  expect(await put(id, other.subarray(0, 16 * mib), { sum })).toMatchObject({ offset: 16 * mib });
  expect(await put(id, copy.subarray(16 * mib), { offset: 16 * mib })).toMatchObject({ offset: 0 });
  expect((await stat(incoming(id))).size).toBe(0);
  expect(await put(id, other.subarray(0, 16 * mib))).toMatchObject({ offset: 16 * mib });
  expect(await put(id, other.subarray(16 * mib), { offset: 16 * mib })).toMatchObject({
    offset: copy.length,
  });
  await until(async () => (await rowOf(id))?.status === "killed");
  expect(await rowOf(id)).toMatchObject({ fault: { reason: "exportDamaged" } });
  await until(async () => {
    const left = await readdir(join(web.env.images, "incoming"));
    return left.every((name) => !name.startsWith(id));
  });
});

test("nobody brings what he was not told of, nor more than the disk can hold", async () => {
  const [id, foreign] = [await wanted(), await wanted(crypto.randomUUID())];
  const head = copy.subarray(0, mib);
  expect(await put(id, head.subarray(0, 1000), { identity: null })).toMatchObject({ status: 401 });
  expect(await put(id, head, { identity: null })).toMatchObject({ status: 400, reason: "tooLarge" });
  expect(await put(foreign, head)).toMatchObject({ status: 404 });
  expect(await put(crypto.randomUUID(), head)).toMatchObject({ status: 404 });
  expect(await put("..%2f..%2fetc", head)).toMatchObject({ status: 400 });
  // Another spelling is the same file.
  expect(await put(id.toUpperCase(), head)).toMatchObject({ status: 200, offset: mib });
  expect(await put(id, head, { offset: 0 })).toMatchObject({ status: 200, offset: mib });
  expect(await readdir(join(web.env.images, "incoming"))).not.toContain(id.toUpperCase());
  expect(await put(id, head, { sum: "../../etc" })).toMatchObject({ status: 400 });
  expect(await put(id, head, { offset: -1 })).toMatchObject({ status: 400 });
  expect(await put(id, head, { size: 100 * mib })).toMatchObject({ status: 400, reason: "exportTooLarge" });
  // Longer than the whole is said to be: what fits may be there, and is not taken for all of it.
  expect(await put(id, copy.subarray(0, 2 * mib), { size: mib })).toMatchObject({
    status: 400,
    reason: "tooLarge",
  });
  expect(await rowOf(id)).toMatchObject({ uploadEndedAt: null });
  await web.database.prisma.image.update({ where: { id }, data: { deleteRequestedAt: new Date() } });
  expect(await put(id, head)).toMatchObject({ status: 404 });
});
