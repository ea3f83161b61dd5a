import { createHash, randomBytes } from "node:crypto";
import { once } from "node:events";
import { link, mkdtemp, readdir, readFile, rm, stat, utimes, writeFile } from "node:fs/promises";
import type { ServerResponse } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pino } from "pino";
import type { Agent } from "undici";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { openLink } from "../link/client.ts";
import { openRoute } from "../link/route.ts";
import { connector } from "../link/tls.ts";
import { makeAuthority, serve, type TestServer } from "../testing/authority.ts";
import { type ImageCache, openImageCache } from "./image.ts";

const content = randomBytes(3 * 1024 * 1024);
const sha256 = createHash("sha256").update(content).digest("hex");
const image = { sha256, sizeBytes: content.length };
const never = new AbortController().signal;

let web: TestServer;
let connection: Agent;
let directory: string;
let cache: ImageCache;
/** What the store's server does with the next requests, and how many came. */
let respond: (response: ServerResponse) => void;
let requests: string[] = [];

beforeAll(async () => {
  const authority = await makeAuthority();
  web = await serve(authority, (request, response) => {
    requests.push(request.url ?? "");
    respond(response);
  });
  connection = connector({ ca: authority.pem });
});
afterAll(async () => {
  await connection.destroy();
  await web.close();
});
beforeEach(async () => {
  requests = [];
  respond = (response) => response.end(content);
  directory = join(await mkdtemp(join(tmpdir(), "madang-images-")), "images");
  const line = openLink(openRoute([web.url], pino({ level: "silent" })), connection);
  cache = await openImageCache(directory, (hash, signal) => line.image(hash, signal));
});
afterEach(() => rm(join(directory, ".."), { recursive: true }));

/** Starts to answer, then waits until told how to go on. */
function holdHalfway(): Promise<ServerResponse> {
  return new Promise((resolve) => {
    respond = (response) => {
      response.write(content.subarray(0, content.length / 2));
      resolve(response);
    };
  });
}

/** The image, and when this one shares the fetch: whoever comes is told how far it is. */
function joining(signal: AbortSignal): [Promise<string>, Promise<void>] {
  const { promise: joined, resolve } = Promise.withResolvers<void>();
  return [cache.ensure(image, () => resolve(), signal), joined];
}

describe("the image cache", () => {
  it("fetches once, verifies, tells percents, and then has it", async () => {
    const percents: number[] = [];
    const path = await cache.ensure(image, (percent) => percents.push(percent), never);
    expect((await readFile(path)).equals(content)).toBe(true);
    expect((await stat(path)).mode & 0o777).toBe(0o640);
    expect((await stat(directory)).mode & 0o777).toBe(0o750);
    expect(percents[0]).toBe(0);
    expect(percents.at(-1)).toBe(100);
    expect(percents).toEqual([...percents].sort((left, right) => left - right));
    await cache.ensure(image, () => {}, never);
    expect(requests).toEqual([`/images/${sha256}`]);
  });

  it("shares one fetch among all who need it at once", async () => {
    const paths = await Promise.all(Array.from({ length: 10 }, () => cache.ensure(image, () => {}, never)));
    expect(new Set(paths).size).toBe(1);
    expect(requests.length).toBe(1);
  });

  it.each([
    ["another image", () => randomBytes(content.length)],
    ["too short", () => content.subarray(0, 1_000)],
    ["too long", () => Buffer.concat([content, content])],
  ])("keeps nothing of %s", async (_name, body) => {
    respond = (response) => response.end(body());
    await expect(cache.ensure(image, () => {}, never)).rejects.toMatchObject({
      code: "Unavailable",
      options: { reason: "imageMismatch", retry: "later" },
    });
    expect(await readdir(directory)).toEqual([]);
    respond = (response) => response.end(content);
    await expect(cache.ensure(image, () => {}, never)).resolves.toContain(sha256);
  });

  it("keeps nothing when the server goes away halfway, and can be asked again", async () => {
    const halfway = holdHalfway();
    const fetching = cache.ensure(image, () => {}, never);
    const failed = expect(fetching).rejects.toMatchObject({ code: "Unavailable" });
    (await halfway).destroy();
    await failed;
    expect(await readdir(directory)).toEqual([]);
    respond = (response) => response.end(content);
    await cache.ensure(image, () => {}, never);
  });

  it("passes on why the control plane refuses", async () => {
    respond = (response) => {
      response.statusCode = 404;
      response.end(
        JSON.stringify({ code: "NotFound", reason: "imageNotFound", message: "No.", retry: "never" }),
      );
    };
    await expect(cache.ensure(image, () => {}, never)).rejects.toMatchObject({ code: "NotFound" });
  });

  it("stops the transfer when the last who wanted it gives up, not before", async () => {
    const halfway = holdHalfway();
    const first = new AbortController();
    const second = new AbortController();
    const [one, oneJoined] = joining(first.signal);
    const [other, otherJoined] = joining(second.signal);
    const response = await halfway;
    await Promise.all([oneJoined, otherJoined]);
    const closed = once(response, "close");
    first.abort();
    await expect(one).rejects.toMatchObject({ name: "AbortError" });
    expect(response.destroyed).toBe(false);
    second.abort();
    await expect(other).rejects.toMatchObject({ name: "AbortError" });
    await closed;
    await vi.waitFor(async () => expect(await readdir(directory)).toEqual([]), { timeout: 10_000 });
  });

  it("one who gives up takes nothing from the others", async () => {
    const halfway = holdHalfway();
    const first = new AbortController();
    const [one, oneJoined] = joining(first.signal);
    const [other, otherJoined] = joining(never);
    const response = await halfway;
    await Promise.all([oneJoined, otherJoined]);
    first.abort();
    await expect(one).rejects.toMatchObject({ name: "AbortError" });
    response.end(content.subarray(content.length / 2));
    expect((await readFile(await other)).equals(content)).toBe(true);
  });

  it("removes what a killed agent left half done, and no complete image", async () => {
    const path = await cache.ensure(image, () => {}, never);
    await writeFile(`${path}.0123456789ab.part`, "half");
    const again = await openImageCache(directory, () => Promise.reject(new Error("not asked")));
    expect(await readdir(directory)).toEqual([sha256]);
    await expect(again.ensure(image, () => {}, never)).resolves.toBe(path);
  });

  it("removes the longest unused that nobody needs, and never one that a disk is linked to", async () => {
    const names = ["a", "b", "c", "d", "e"].map((letter) => letter.repeat(64));
    for (const [index, name] of names.entries()) {
      await writeFile(join(directory, name), Buffer.alloc(1_000));
      await utimes(join(directory, name), new Date(index * 1_000), new Date(index * 1_000));
    }
    const [linked = "", needed = "", oldest = "", older = "", newest = ""] = names;
    await link(join(directory, linked), join(directory, "disk-of-a-guest"));
    const isNeeded = (name: string) => name === needed;
    expect(await cache.trim(isNeeded, 3_000)).toEqual([]);
    expect(await cache.trim(isNeeded, 1_500)).toEqual([oldest, older]);
    expect(await cache.usage()).toEqual({ images: 3, imageBytes: 3_000 });
    expect(await cache.trim(() => false, 0)).toEqual([needed, newest]);
    expect(await readdir(directory)).toEqual([linked, "disk-of-a-guest"]);
  });

  it("counts a wish as a use, leaves what is being fetched, and fetches again what it removed", async () => {
    const path = await cache.ensure(image, () => {}, never);
    await utimes(path, new Date(0), new Date(0));
    await cache.ensure(image, () => {}, never);
    expect((await stat(path)).mtimeMs).toBeGreaterThan(Date.now() - 600_000);
    const trimmed = cache.trim(() => false, 0);
    const again = cache.ensure(image, () => {}, never);
    await Promise.all([trimmed, again]);
    await cache.ensure(image, () => {}, never);
    expect(await readFile(path)).toEqual(content);
    await cache.trim(() => false, 0);
    const half = holdHalfway();
    const fetching = cache.ensure(image, () => {}, never);
    const response = await half;
    expect(await cache.trim(() => false, 0)).toEqual([]);
    response.end(content.subarray(content.length / 2));
    expect(await readFile(await fetching)).toEqual(content);
  });
});
