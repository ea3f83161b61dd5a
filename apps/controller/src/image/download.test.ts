import { createHash, randomBytes } from "node:crypto";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer, type RequestListener, type Server } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { CloudError } from "@madang/core/errors";
import { hugeImage } from "@madang/core/image/refusal";
import { isPublicAddress } from "@madang/core/image/source-url";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type DownloadRules, downloadImage } from "./download.ts";

const folder = mkdtempSync(join(tmpdir(), "madang-download-"));
const bytes = randomBytes(3 * 1024 ** 2);
const answers: Record<string, RequestListener> = {
  "/good": (_request, response) =>
    void response.writeHead(200, { "content-length": bytes.length }).end(bytes),
  "/short": (_request, response) => {
    response.writeHead(200, { "content-length": bytes.length + 1 });
    response.write(bytes, () => response.destroy());
  },
  "/unannounced": (_request, response) => void response.writeHead(200).end(bytes),
  "/endless": (_request, response) => {
    response.writeHead(200, { "content-length": 2 ** 50 });
    response.write(bytes);
  },
  "/dripping": (_request, response) => {
    const timer = setInterval(() => response.write("x"), 50);
    response.once("close", () => clearInterval(timer));
  },
  "/silent": () => {},
  "/moved": (_request, response) => void response.writeHead(302, { location: "/good" }).end(),
  "/inwards": (_request, response) =>
    void response.writeHead(302, { location: "http://169.254.169.254/" }).end(),
  "/elsewhere": (_request, response) =>
    void response.writeHead(302, { location: "file:///etc/passwd" }).end(),
  "/round": (_request, response) => void response.writeHead(302, { location: "/round" }).end(),
  "/gone": (_request, response) => void response.writeHead(404).end(),
  "/busy": (_request, response) => void response.writeHead(503).end(),
};
let server: Server;
let base: string;
beforeAll(async () => {
  server = createServer((request, response) => answers[request.url ?? ""]?.(request, response));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  base = `http://127.0.0.1:${typeof address === "object" ? address?.port : ""}`;
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
  rmSync(folder, { recursive: true });
});

/** This server, and beside it only what anybody may ask. */
const rules: DownloadRules = {
  parse: (text) => (text.startsWith("http://") ? URL.parse(text) : null),
  mayAsk: (address) => address === "127.0.0.1" || isPublicAddress(address),
};

let files = 0;
async function download(url: string, mostBytes = 4 * 1024 ** 2, ruled = rules) {
  const room = { bytes: mostBytes, refusal: () => hugeImage(mostBytes) };
  const target = join(folder, String(++files));
  const order = { url, target, declared: "raw", algorithms: ["sha256"], room, rules: ruled } as const;
  const reading = await downloadImage({ ...order, signal: AbortSignal.timeout(30_000), onBytes: () => {} });
  return { ...reading, stored: readFileSync(target) };
}

async function reasonOf(attempt: Promise<unknown>): Promise<string | undefined> {
  try {
    await attempt;
    return "taken";
  } catch (error) {
    if (error instanceof CloudError) return error.options.reason;
    throw error;
  }
}

test("what comes is stored, hashed and looked at, through a redirect too", async () => {
  for (const path of ["/good", "/moved", "/unannounced"]) {
    const { stored, digests, inspection } = await download(base + path);
    expect(stored.equals(bytes)).toBe(true);
    expect(digests.sha256).toBe(createHash("sha256").update(bytes).digest("hex"));
    expect(inspection).toMatchObject({ format: "raw", sizeBytes: bytes.length });
  }
});

test.each([
  ["/inwards", "imageUrlForbidden"],
  ["/elsewhere", "imageUrlForbidden"],
  ["/round", "imageUrlAnswer"],
  ["/gone", "imageUrlAnswer"],
  ["/busy", "imageUrlAnswer"],
  ["/short", "imageUrlUnreachable"],
])("%s: %s", async (path, reason) => {
  expect(await reasonOf(download(base + path))).toBe(reason);
});

test("no more comes than may, announced or not", async () => {
  for (const path of ["/good", "/unannounced"])
    expect(await reasonOf(download(base + path, 1024 ** 2))).toBe("imageTooLarge");
});

test("nothing begins that the disk has no room for", async () => {
  expect(await reasonOf(download(`${base}/endless`, 2 ** 51))).toBe("imageStoreFull");
});

test("a server that drips is not waited for", async () => {
  const pace = { graceMs: 200, bytesPerSecond: 1024, wholeMs: 60_000 };
  for (const path of ["/dripping", "/silent"])
    expect(await reasonOf(download(base + path, 1024, { ...rules, pace })), path).toBe("imageUrlSlow");
  const whole = { graceMs: 200, bytesPerSecond: 1, wholeMs: 300 };
  expect(await reasonOf(download(`${base}/dripping`, 1024, { ...rules, pace: whole }))).toBe("imageUrlSlow");
});

test("a name that stands for an inner address is not asked", async () => {
  const strict = { ...rules, mayAsk: isPublicAddress };
  for (const host of ["localhost", "127.0.0.1", "[::1]", "[::ffff:127.0.0.1]"])
    expect(await reasonOf(download(`http://${host}:80/x`, 1, strict)), host).toBe("imageUrlForbidden");
});
