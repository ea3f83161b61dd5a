/** Images over the real socket with a real controller: brought by a tus client, judged by qemu-img. Of one file of tests. */
import { execFile } from "node:child_process";
import { randomBytes } from "node:crypto";
import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { Upload } from "tus-js-client";
import { afterAll, beforeAll, expect } from "vitest";
import { z } from "zod";
import { signIn, startTestWeb, type TestWeb, until } from "./testing.ts";

export const run = promisify(execFile);
export const mib = 1024 ** 2;
export const metadataOf = (id: string) => `imageId ${Buffer.from(id).toString("base64")}`;

const failure = z.object({
  error: z.object({ json: z.object({ data: z.object({ cloud: z.object({ reason: z.string() }) }) }) }),
});
const result = z.object({ result: z.object({ data: z.object({ json: z.unknown() }) }) });

export type Wish = { format?: string; sizeBytes?: number; checksum?: object; name?: string };
type Sending = { cookie?: string; cut?: number };

/** Starts the web process before the tests of a file and ends it after them. */
export function testImages() {
  let web: TestWeb;
  let mina = "";
  let qcow2 = Buffer.alloc(0);
  beforeAll(async () => {
    web = await startTestWeb();
    mina = (await signIn(web.env, "mina")).cookie ?? "";
    const raw = join(web.env.data, "brought.raw");
    await writeFile(raw, Buffer.concat([randomBytes(2 * mib), Buffer.alloc(6 * mib)]));
    await run("qemu-img", ["convert", "-f", "raw", "-O", "qcow2", raw, join(web.env.data, "brought.qcow2")]);
    qcow2 = await readFile(join(web.env.data, "brought.qcow2"));
  }, 180_000);
  afterAll(() => web.close(), 60_000);

  const headers = (cookie: string) => ({ cookie, origin: web.env.url });
  const uploadUrl = (id = "") => `${web.env.url}/api/images/upload${id && `/${id}`}`;

  /** Answers "done" or the reason of the refusal. */
  async function mutate(path: string, input: object, cookie = mina): Promise<string> {
    const answer = await fetch(`${web.env.url}/api/trpc/${path}`, {
      method: "POST",
      headers: { ...headers(cookie), "content-type": "application/json" },
      body: JSON.stringify({ json: { projectId: web.projectId, ...input } }),
    });
    return answer.ok ? "done" : failure.parse(await answer.json()).error.json.data.cloud.reason;
  }

  /** Answers what was told, or the status of the refusal. */
  async function query(path: string, input: object, cookie = mina): Promise<unknown> {
    const asked = encodeURIComponent(JSON.stringify({ json: { projectId: web.projectId, ...input } }));
    const answer = await fetch(`${web.env.url}/api/trpc/${path}?input=${asked}`, { headers: { cookie } });
    return answer.ok ? result.parse(await answer.json()).result.data.json : answer.status;
  }

  /** The row alone; its bytes are still to come. */
  async function create({ sizeBytes = qcow2.length, ...rest }: Wish = {}): Promise<string> {
    const id = crypto.randomUUID();
    const source = { kind: "upload", sizeBytes };
    const wish = { id, name: `image ${id}`, source, format: "qcow2", ...rest };
    expect(await mutate("image.create", wish)).toBe("done");
    return id;
  }

  /** `cut`: the client goes away after so many bytes. */
  function upload(
    id: string,
    bytes: Buffer,
    { cookie = mina, cut = Number.POSITIVE_INFINITY }: Sending = {},
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

  const row = (id: string) => web.database.prisma.image.findUnique({ where: { id } });

  /** Its row, once it is active or killed. */
  async function settled(id: string): Promise<NonNullable<Awaited<ReturnType<typeof row>>>> {
    await until(async () => ["active", "killed"].includes((await row(id))?.status ?? ""));
    const found = await row(id);
    if (!found) throw new Error("it is gone");
    return found;
  }

  /** Files of an upload or an import that are still there. */
  async function leftOf(id: string): Promise<string[]> {
    const folders = [join(web.env.images, "incoming"), join(web.env.images, "work")];
    const names = await Promise.all(folders.map((folder) => readdir(folder).catch(() => [])));
    return names.flat().filter((name) => name.startsWith(id));
  }

  const plain = (method: string, path: string, cookie: string, more: Record<string, string> = {}) =>
    fetch(`${web.env.url}${path}`, {
      method,
      headers: { ...headers(cookie), "tus-resumable": "1.0.0", ...more },
    });

  return {
    ...{ headers, uploadUrl, mutate, query, create, upload, row, settled, leftOf, plain },
    cloud: () => web,
    /** A member of the project, signed in. */
    mina: () => mina,
    /** An image of 8 MiB, a quarter of it noise. */
    qcow2: () => qcow2,
  };
}
