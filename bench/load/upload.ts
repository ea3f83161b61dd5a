/** A file over HTTP: to Madang in pieces as the portal sends them, and to a bare server in one. */
import { fork } from "node:child_process";
import { randomFillSync } from "node:crypto";
import { once } from "node:events";
import { createReadStream } from "node:fs";
import { mkdir, open, rm } from "node:fs/promises";
import { Agent, request } from "node:http";
import { dirname, join } from "node:path";
import { pipeline } from "node:stream/promises";
import { fileURLToPath } from "node:url";
import { z } from "zod";
import type { Person } from "./people.ts";

const mib = 1024 ** 2;
/** As the portal's. */
const pieceBytes = 16 * mib;

/** Bytes that nothing makes smaller. A multiple of a MiB. */
export async function writeRandom(path: string, bytes: number): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  const file = await open(path, "w");
  const piece = Buffer.alloc(mib);
  for (let place = 0; place < bytes; place += mib) await file.write(randomFillSync(piece));
  await file.sync();
  await file.close();
}

/** Announces an image of so many bytes. */
export async function announceImage(
  { client, projectId }: Person,
  sizeBytes: number,
  format: "raw" | "qcow2",
): Promise<string> {
  const id = crypto.randomUUID();
  const source = { kind: "upload", sizeBytes };
  await client.post("image.create", { id, projectId, name: "bench", source, format });
  return id;
}

/** All of the file into an image that was announced. Answers ms. */
export async function tusUpload(
  url: string,
  cookie: string,
  id: string,
  path: string,
  bytes: number,
): Promise<number> {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const common = { cookie, origin: url, "tus-resumable": "1.0.0" };
  const since = performance.now();
  const upload = `${url}/api/images/upload`;
  const metadata = `imageId ${Buffer.from(id).toString("base64")}`;
  const made = { ...common, "upload-length": String(bytes), "upload-metadata": metadata };
  await send(agent, "POST", upload, { ...made, "content-length": "0" }, null);
  for (let start = 0; start < bytes; start += pieceBytes) {
    const length = Math.min(pieceBytes, bytes - start);
    const type = { "content-type": "application/offset+octet-stream", "upload-offset": String(start) };
    const headers = { ...common, ...type, "content-length": String(length) };
    await send(agent, "PATCH", `${upload}/${id}`, headers, { path, start, end: start + length - 1 });
  }
  const took = performance.now() - since;
  agent.destroy();
  return took;
}

export type BareServer = {
  put: (path: string, bytes: number) => Promise<number>;
  close: () => Promise<void>;
};

/** A process of its own, that writes into a new folder beside `beside`. */
export async function openBareServer(beside: string): Promise<BareServer> {
  const folder = join(beside, "bench-put");
  await mkdir(folder, { recursive: true });
  const child = fork(fileURLToPath(new URL("./put-server.ts", import.meta.url)), [folder]);
  const [said] = await once(child, "message");
  const { port } = z.object({ port: z.number() }).parse(said);
  return {
    put: async (path, bytes) => {
      const agent = new Agent();
      const since = performance.now();
      const headers = { "content-length": String(bytes) };
      await send(agent, "PUT", `http://127.0.0.1:${port}/`, headers, { path, start: 0, end: bytes - 1 });
      return performance.now() - since;
    },
    close: async () => {
      const gone = once(child, "exit");
      child.disconnect();
      await gone;
      await rm(folder, { recursive: true, force: true });
    },
  };
}

type Part = { path: string; start: number; end: number };

async function send(
  agent: Agent,
  method: string,
  url: string,
  headers: Record<string, string>,
  part: Part | null,
): Promise<void> {
  const call = request(url, { method, headers, agent });
  const answered = once(call, "response");
  // A refusal comes before all was sent; it is the answer that tells.
  const sent = part
    ? pipeline(createReadStream(part.path, { ...part, highWaterMark: mib }), call).catch(() => {})
    : Promise.resolve(call.end());
  const [response] = await answered;
  let text = "";
  for await (const chunk of response) text += chunk;
  await sent;
  if (response.statusCode >= 300)
    throw new Error(`${method} was answered ${response.statusCode}: ${text.slice(0, 300)}`);
}
