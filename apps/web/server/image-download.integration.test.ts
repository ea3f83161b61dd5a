/** The file of an image, taken by curl and by a bare client: whole, in parts, cut and gone on with, refused. */
import { createHash } from "node:crypto";
import { readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { request } from "node:http";
import { basename, join } from "node:path";
import { beforeAll, expect, test } from "vitest";
import { z } from "zod";
import { signIn, until } from "./testing.ts";
import { run, testImages } from "./testing-images.ts";

const { cloud, mina, qcow2, mutate, create, upload, settled, plain } = testImages();
const name = '한글 "이름"\\; filename=evil';
let id = "";
let stored = Buffer.alloc(0);
let sha256 = "";
beforeAll(async () => {
  id = await create({ name });
  await upload(id, qcow2());
  sha256 = (await settled(id)).sha256 ?? "";
  stored = await readFile(join(cloud().env.images, sha256));
}, 180_000);

const path = () => `/api/images/${cloud().projectId}/${id}/file`;
const hashOf = (bytes: Buffer) => createHash("sha256").update(bytes).digest("hex");
const take = (more: Record<string, string> = {}, method = "GET") => plain(method, path(), mina(), more);
const cloudError = z.looseObject({});

/** curl with our cookie; answers what it wrote of the transfer, and fails as curl fails. */
async function curl(file: string, ...options: string[]): Promise<string> {
  const { stdout } = await run("curl", [
    ...["--silent", "--show-error", "--fail", "--cookie", mina(), "--output", file],
    ...["--write-out", "%{http_code} %{size_download} %header{content-range}", ...options],
    `${cloud().env.url}${path()}`,
  ]);
  return stdout.trim();
}

test("curl takes it whole, loses the line, goes on, and has what the store has", async () => {
  const file = join(cloud().env.data, "taken.qcow2");
  const size = stored.length;
  expect(await curl(file)).toBe(`200 ${size}`);
  expect(hashOf(await readFile(file))).toBe(sha256);
  // As much of it as came before the line was lost.
  for (const there of [1, 1_000_000, size - 1]) {
    await writeFile(file, stored.subarray(0, there));
    const said = await curl(file, "--continue-at", "-");
    expect(said).toBe(`206 ${size - there} bytes ${there}-${size - 1}/${size}`);
    expect(hashOf(await readFile(file))).toBe(sha256);
  }
  expect(await curl(file, "--range", "5-9")).toBe(`206 5 bytes 5-9/${size}`);
  expect(await readFile(file)).toEqual(stored.subarray(5, 10));
  await rm(file);
});

/** Takes some bytes and goes away without a word. */
function cutAfter(bytes: number, more: Record<string, string>): Promise<Buffer> {
  const { promise, resolve, reject } = Promise.withResolvers<Buffer>();
  const headers = { cookie: mina(), ...more };
  const asked = request(new URL(`${cloud().env.url}${path()}`), { headers }, (answer) => {
    const parts: Buffer[] = [];
    let length = 0;
    answer.on("data", (chunk: Buffer) => {
      parts.push(chunk);
      length += chunk.length;
      if (length < bytes) return;
      asked.destroy();
      resolve(Buffer.concat(parts));
    });
    answer.once("error", () => resolve(Buffer.concat(parts)));
  });
  asked.once("error", reject);
  asked.end();
  return promise;
}

test("cut in the middle again and again, it is one file in the end, and every place is given back", async () => {
  const etag = `"${sha256}"`;
  let there = Buffer.alloc(0);
  let cuts = 0;
  while (there.length < stored.length) {
    const left = stored.length - there.length;
    const from = { range: `bytes=${there.length}-`, "if-range": etag };
    const part =
      left > 400_000 ? await cutAfter(300_000, from) : Buffer.from(await (await take(from)).arrayBuffer());
    there = Buffer.concat([there, part]);
    cuts += 1;
  }
  // More often than one may download at once.
  expect(cuts).toBeGreaterThan(5);
  expect(hashOf(there)).toBe(sha256);
});

test("a half of another file is not gone on with", async () => {
  const whole = await take({ range: "bytes=1000-", "if-range": `"${"0".repeat(64)}"` });
  expect([whole.status, whole.headers.get("content-length")]).toEqual([200, String(stored.length)]);
  expect(hashOf(Buffer.from(await whole.arrayBuffer()))).toBe(sha256);
});

test("what is outside of it is refused, several parts are the whole, and HEAD tells of it", async () => {
  const outside = await take({ range: `bytes=${stored.length}-` });
  expect([outside.status, outside.headers.get("content-range")]).toEqual([416, `bytes */${stored.length}`]);
  expect((await outside.arrayBuffer()).byteLength).toBe(0);
  const several = await take({ range: "bytes=0-1,5-6" });
  expect(several.status).toBe(200);
  await several.arrayBuffer();
  const head = await take({ range: "bytes=0-1" }, "HEAD");
  expect(head.status).toBe(200);
  expect(Object.fromEntries(head.headers)).toMatchObject({
    "accept-ranges": "bytes",
    "content-length": String(stored.length),
    "content-type": "application/octet-stream",
    "cache-control": "no-store",
    etag: `"${sha256}"`,
  });
  const called = head.headers.get("content-disposition") ?? "";
  expect(called).toMatch(/^attachment; filename="[A-Za-z0-9._-]+\.qcow2"; filename\*=UTF-8''[^;"\s]+$/);
  expect(decodeURIComponent(called.split("''")[1] ?? "")).toBe("한글 -이름-; filename=evil.qcow2");
});

test("curl saves it under its own plain name", async () => {
  const { stdout } = await run("curl", [
    ...["--silent", "--cookie", mina(), "--remote-name", "--remote-header-name"],
    ...["--output-dir", cloud().env.data, "--write-out", "%{filename_effective}"],
    `${cloud().env.url}${path()}`,
  ]);
  expect(basename(stdout)).toBe("filename-evil.qcow2");
  expect((await stat(join(cloud().env.data, "filename-evil.qcow2"))).size).toBe(stored.length);
});

test("what is deactivated, lost, or nobody's is refused in words", async () => {
  const admin = (await signIn(cloud().env, "admin")).cookie ?? "";
  const refused = async () => {
    const answer = await take();
    return [answer.status, JSON.stringify(cloudError.parse(await answer.json()))];
  };
  const file = join(cloud().env.images, sha256);
  await rename(file, `${file}.away`);
  expect(await refused()).toEqual([503, expect.stringContaining("imageFileLost")]);
  await writeFile(file, stored.subarray(0, 100));
  expect(await refused()).toEqual([503, expect.stringContaining("imageFileLost")]);
  await rename(`${file}.away`, file);
  expect(await mutate("image.update", { id, deactivated: true }, admin)).toBe("done");
  expect((await refused())[1]).toContain("imageDeactivated");
  expect(await mutate("image.update", { id, deactivated: false }, admin)).toBe("done");
  expect((await plain("GET", path(), "")).status).toBe(401);
  expect((await plain("HEAD", path(), "")).status).toBe(401);
  expect((await plain("GET", path().replace(id, crypto.randomUUID()), mina())).status).toBe(404);
  expect((await take()).status).toBe(200);
});

const slowMs = 25;

test("it ends for whoever may no longer have it, in the middle", async () => {
  const { prisma } = cloud().database;
  const big = join(cloud().env.images, "f".repeat(64));
  const size = 512 * 1024 ** 2;
  await run("truncate", ["--size", String(size), big]);
  const [of] = await prisma.image.findMany({ where: { id } });
  await prisma.image.update({
    where: { id },
    data: { sha256: "f".repeat(64), sizeBytes: BigInt(size) },
  });
  const ended = Promise.withResolvers<void>();
  const begun = Promise.withResolvers<void>();
  const asked = request(new URL(`${cloud().env.url}${path()}`), { headers: { cookie: mina() } }, (answer) => {
    // As behind a slow line, that would take minutes.
    answer.on("data", () => {
      begun.resolve();
      answer.pause();
      setTimeout(() => answer.resume(), slowMs);
    });
    answer.once("close", ended.resolve);
    answer.once("error", () => {});
  });
  asked.once("error", () => {});
  asked.end();
  await begun.promise;
  await prisma.image.update({ where: { id }, data: { deactivated: true, status: "deactivated" } });
  await ended.promise;
  await prisma.image.update({
    where: { id },
    data: { sha256: of?.sha256 ?? "", sizeBytes: of?.sizeBytes ?? 0n, deactivated: false, status: "active" },
  });
  await until(async () => (await take()).status === 200);
  await rm(big, { force: true });
});
