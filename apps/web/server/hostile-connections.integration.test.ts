/** Connections that are slow, huge, many or never read: bounded, refused in words where words can be sent. */
import { once } from "node:events";
import { connect as connectTcp, type Socket } from "node:net";
import { connect as connectTls } from "node:tls";
import { afterAll, beforeAll, expect, test } from "vitest";
import { z } from "zod";
import { requestsPerAddress } from "./request-share.ts";
import { callTrpc, connect, signIn, startTestWeb, type TestWeb, until } from "./testing.ts";

let web: TestWeb;
let cookie: string;
/** Opened at the start, for they take their time. */
let dribbling: Slow[];
beforeAll(async () => {
  web = await startTestWeb();
  cookie = (await signIn(web.env, "mina")).cookie ?? "";
  dribbling = Array.from({ length: 50 }, dribble);
}, 180_000);
afterAll(() => web.close(), 60_000);

type Slow = { socket: Socket; openedAt: number; closed: Promise<number>; heard: () => string };

function open(): { socket: Socket; heard: () => string } {
  const socket = connectTcp(web.env.port, "127.0.0.1");
  const chunks: Buffer[] = [];
  socket.on("error", () => {});
  socket.on("data", (chunk: Buffer) => chunks.push(chunk));
  return { socket, heard: () => Buffer.concat(chunks).toString() };
}

/** A head that never ends, a byte a second. */
function dribble(): Slow {
  const { socket, heard } = open();
  const openedAt = performance.now();
  socket.write("GET / HTTP/1.1\r\nHost: x\r\nX-Slow: ");
  const timer = setInterval(() => socket.writable && socket.write("x"), 1_000);
  const closed = once(socket, "close").then(() => {
    clearInterval(timer);
    return performance.now() - openedAt;
  });
  return { socket, openedAt, closed, heard };
}

async function ask(text: string | Buffer): Promise<string> {
  const { socket, heard } = open();
  socket.write(text);
  await Promise.race([once(socket, "close"), until(() => heard().includes("\r\n\r\n"))]);
  socket.destroy();
  return heard();
}

test("heads that are huge, broken or not HTTP are refused, and the next one is served", async () => {
  const head = "GET /api/health HTTP/1.1\r\nHost: x\r\n";
  expect(await ask(`${head}X-Huge: ${"x".repeat(20_000)}\r\n\r\n`)).toMatch(/^HTTP\/1.1 431 /);
  expect(await ask(`${head}${"X-A: b\r\n".repeat(3_000)}\r\n`)).toMatch(/^HTTP\/1.1 (431|200|503) /);
  expect(await ask(`GET /${"x".repeat(20_000)} HTTP/1.1\r\nHost: x\r\n\r\n`)).toMatch(/^HTTP\/1.1 431 /);
  expect(await ask("GET / HTTP/9.9\r\n\r\n")).toMatch(/^HTTP\/1.1 400 /);
  expect(await ask(Buffer.from([0x16, 3, 1, 2, 0, 1, 0, 1, 0xfc, 3, 3]))).toMatch(/^HTTP\/1.1 400 |^$/);
  expect(await ask(`${head}Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`)).toMatch(
    /^HTTP\/1.1 400 /,
  );
  expect(await ask("POST /api/trpc/account.me HTTP/1.1\r\nHost: x\r\nContent-Length: -5\r\n\r\n")).toMatch(
    /^HTTP\/1.1 400 /,
  );
  expect((await fetch(`${web.env.url}/api/health`)).status).toBe(200);
});

test("one person has a bounded number of sockets, and another is not refused for it", async () => {
  const address = `ws://127.0.0.1:${web.env.port}/ws/trpc`;
  const many = Array.from({ length: 120 }, () => connect(address, { cookie, origin: web.env.url }));
  const opened = await Promise.all(many.map((one) => one.opened));
  expect(opened.filter(Boolean)).toHaveLength(100);
  // A console says by its code that it is one too many.
  const console = connect(`ws://127.0.0.1:${web.env.port}/ws/console/${crypto.randomUUID()}?ticket=x`, {
    cookie,
    origin: web.env.url,
  });
  expect(await console.closed).toBe(4005);
  const admin = (await signIn(web.env, "admin")).cookie ?? "";
  const other = connect(address, { cookie: admin, origin: web.env.url });
  expect(await other.opened).toBe(true);
  other.socket.terminate();
  for (const { socket } of many) socket.terminate();
  await until(async () => {
    const again = connect(address, { cookie, origin: web.env.url });
    const free = await again.opened;
    again.socket.terminate();
    return free;
  });
});

const refusal = z.object({
  id: z.number(),
  error: z.object({
    json: z.object({ data: z.object({ cloud: z.object({ code: z.string(), reason: z.string() }) }) }),
  }),
});

test("one person has a bounded number of streams, and what was closed gives its place back", async () => {
  const address = `ws://127.0.0.1:${web.env.port}/ws/trpc`;
  const stream = connect(address, { cookie, origin: web.env.url });
  expect(await stream.opened).toBe(true);
  const params = { path: "event.stream", input: { json: { projectId: web.projectId } } };
  const subscribe = (id: number) =>
    stream.socket.send(JSON.stringify({ id, method: "subscription", params }));
  const refused = () =>
    stream.messages.flatMap((message) => {
      if (message.toString() === "PING") return [];
      const parsed = refusal.safeParse(JSON.parse(message.toString()));
      return parsed.success ? [parsed.data.error.json.data.cloud] : [];
    });
  for (let id = 1; id <= 250; id++) subscribe(id);
  await until(() => refused().length === 150);
  for (const cloud of refused())
    expect(cloud).toEqual(expect.objectContaining({ code: "TooManyRequests", reason: "tooManyStreams" }));
  stream.socket.terminate();
  const next = connect(address, { cookie, origin: web.env.url });
  expect(await next.opened).toBe(true);
  await until(() => {
    next.messages.length = 0;
    return true;
  });
  let id = 0;
  await until(async () => {
    id += 1;
    next.socket.send(JSON.stringify({ id, method: "subscription", params }));
    await until(() => next.messages.length > 0);
    return next.messages.some((message) => message.toString().includes('"type":"started"'));
  });
  next.socket.terminate();
});

test("who asks for more than he reads is cut off, and memory stays bounded", async () => {
  const { env, projectId } = web;
  const before = process.memoryUsage().rss;
  const greedy = connect(`ws://127.0.0.1:${env.port}/ws/trpc`, { cookie, origin: env.url });
  expect(await greedy.opened).toBe(true);
  greedy.socket.pause();
  const input = { json: { projectId, sort: "x".repeat(41) } };
  const call = (id: number) => ({ id, method: "query", params: { path: "image.list", input } });
  const batch = (from: number) =>
    JSON.stringify(Array.from({ length: 1_000 }, (_, index) => call(from + index)));
  let gone = false;
  greedy.socket.on("close", () => {
    gone = true;
  });
  for (let count = 0; count < 20 && !gone; count++) {
    greedy.socket.send(batch(count * 1_000));
    await new Promise(setImmediate);
  }
  await until(async () => {
    const { status } = await callTrpc(env, cookie, { path: "account.me", input: {}, method: "GET" });
    return status === 200;
  });
  greedy.socket.terminate();
  const grownMib = Math.round((process.memoryUsage().rss - before) / 1024 ** 2);
  process.stdout.write(`unread answers: memory grew by ${grownMib} MiB\n`);
  expect(grownMib).toBeLessThan(1_000);
});

test("one address has a bounded number of requests under way, refused in words beyond", async () => {
  const half = `POST /api/trpc/account.signOut HTTP/1.1\r\nHost: 127.0.0.1:${web.env.port}\r\nOrigin: ${web.env.url}\r\nContent-Type: application/json\r\nContent-Length: 50\r\n\r\n{`;
  // Some more, for while it is tried the trying takes a place itself.
  const held = Array.from({ length: requestsPerAddress + 20 }, () => {
    const { socket } = open();
    socket.write(half);
    return socket;
  });
  await until(async () => (await fetch(`${web.env.url}/api/health`)).status === 429);
  const refused = await fetch(`${web.env.url}/api/health`);
  expect(await refused.json()).toMatchObject({
    cloud: { code: "TooManyRequests", reason: "tooManyConnections" },
  });
  for (const socket of held) socket.destroy();
  await until(async () => (await fetch(`${web.env.url}/api/health`)).status === 200);
});

test("one address has a bounded number of connections, on the agents' port as well", async () => {
  const many = Array.from({ length: 1_050 }, open);
  await until(() => many.filter(({ heard }) => heard().startsWith("HTTP/1.1 429 ")).length >= 50);
  const [told] = many.filter(({ heard }) => heard() !== "");
  expect(told?.heard()).toContain("tooManyConnections");
  for (const { socket } of many) socket.destroy();
  await until(() =>
    fetch(`${web.env.url}/api/health`).then(
      ({ status }) => status === 200,
      () => false,
    ),
  );
  // A TLS client that says nothing is not kept for ever.
  const mute = connectTcp(web.env.agentPort, "127.0.0.1");
  mute.on("error", () => {});
  await once(mute, "close");
  const polite = connectTls({ port: web.env.agentPort, host: "127.0.0.1", rejectUnauthorized: false });
  await once(polite, "secureConnect");
  polite.destroy();
});

test("requests that dribble in are cut off, and meanwhile nobody noticed them", async () => {
  const times = await Promise.all(dribbling.map(({ closed }) => closed));
  for (const { heard } of dribbling) expect(heard()).toMatch(/^(HTTP\/1.1 408 .*)?/);
  process.stdout.write(`slow heads: cut off after ${(Math.max(...times) / 1_000).toFixed(0)} s\n`);
  expect((await fetch(`${web.env.url}/api/health`)).status).toBe(200);
});
