/** Bytes that no agent sends, from one that has a certificate, and consoles full of garbage. */
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { connect as connectTls, type TLSSocket } from "node:tls";
import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import { z } from "zod";
import { type PlayedAgent, playAgent } from "./testing/played-agent.ts";
import {
  type AgentIdentity,
  callAgentPort,
  callTrpc,
  connect,
  joinAs,
  signIn,
  startTestWeb,
  type TestWeb,
  until,
} from "./testing.ts";

let web: TestWeb;
let cookie: string;
let honest: PlayedAgent;
let identity: AgentIdentity;
let mad: AgentIdentity;
let victim: { id: string; guestId: string; generation: number };
let rssBefore: number;
beforeAll(async () => {
  web = await startTestWeb();
  cookie = (await signIn(web.env, "mina")).cookie ?? "";
  identity = await join(web.joinToken, "host");
  honest = playAgent(web, identity);
  victim = await honest.runningInstance(cookie);
  const admin = (await signIn(web.env, "admin")).cookie ?? "";
  const { data } = await callTrpc(web.env, admin, { path: "admin.hypervisor.createJoinToken", input: {} });
  mad = await join(
    /--token (\S+)/.exec(z.object({ command: z.string() }).parse(data).command)?.[1] ?? "",
    "mad",
  );
  rssBefore = process.memoryUsage().rss;
}, 180_000);
afterAll(() => web.close(), 60_000);

async function join(token: string, name: string): Promise<AgentIdentity> {
  const joined = await joinAs(web.env, token, name);
  if (!joined.identity) throw new Error(`not joined: ${joined.answer.body}`);
  return joined.identity;
}

const row = () => web.database.prisma.instance.findUniqueOrThrow({ where: { id: victim.id } });

async function isServed(): Promise<void> {
  const { status, text } = await honest.report([{ guestId: victim.guestId, generation: victim.generation }]);
  expect(text).not.toContain("Internal");
  expect(status).toBe(200);
  expect((await fetch(`${web.env.url}/api/health`)).status).toBe(200);
}

async function openTls(): Promise<TLSSocket> {
  const { key, cert, ca } = mad;
  const socket = connectTls({ port: web.env.agentPort, host: "127.0.0.1", key, cert, ca });
  socket.on("error", () => {});
  await once(socket, "secureConnect");
  return socket;
}

const runs = { http: 150, report: 250, frames: 40 };
const told = (what: string, count: number) => {
  const grownMib = Math.round((process.memoryUsage().rss - rssBefore) / 1024 ** 2);
  process.stdout.write(`${what}: ${count} cases, memory grew by ${grownMib} MiB\n`);
  expect(grownMib).toBeLessThan(1_200);
};

test("whatever comes over TLS instead of HTTP ends that connection and no other", async () => {
  const line = fc.constantFrom(
    "POST /trpc/report HTTP/1.1\r\n",
    "GET /trpc/pull?input=%7B HTTP/1.1\r\n",
    "GET /images/../../etc/passwd HTTP/1.1\r\n",
    "GET /console/00000000-0000-0000-0000-000000000000 HTTP/1.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n",
    "Host: x\r\n",
    "Content-Type: application/json\r\n",
    "Content-Length: 4294967296\r\n",
    "Content-Length: 3\r\n",
    "Transfer-Encoding: chunked\r\n",
    "Transfer-Encoding: gzip, chunked\r\n",
    "ffffffffffffffff\r\n",
    "0\r\n\r\n",
    "\r\n",
    "\0\0\0",
    '{"json":{"__proto__":{"polluted":1}}}',
    "Sec-WebSocket-Key: AAAA\r\nSec-WebSocket-Version: 13\r\n",
  );
  const noise = fc.uint8Array({ maxLength: 400 }).map((bytes) => Buffer.from(bytes));
  const message = fc.array(
    fc.oneof(
      { weight: 4, arbitrary: line.map((text) => Buffer.from(text)) },
      { weight: 1, arbitrary: noise },
    ),
    {
      minLength: 1,
      maxLength: 8,
    },
  );
  let count = 0;
  await fc.assert(
    fc.asyncProperty(message, async (parts) => {
      count += 1;
      const socket = await openTls();
      const closed = once(socket, "close");
      socket.resume();
      for (const part of parts) socket.write(part);
      socket.end();
      await closed;
      if (count % 50 === 0) await isServed();
    }),
    { numRuns: runs.http, verbose: 1 },
  );
  expect(count).toBeGreaterThanOrEqual(runs.http);
  await isServed();
  told("agent port, no HTTP", count);
});

test("whatever a hypervisor reports, it is taken or refused in words and touches no other's guests", async () => {
  const before = await row();
  const number = fc.oneof(
    fc.constantFrom(0, -1, 1, 2 ** 31, -(2 ** 31), 2 ** 53, 1e308, -0, 0.5),
    fc.integer(),
    fc.double({ noNaN: false }),
  );
  const text = fc.oneof(
    fc.string(),
    fc.string({ unit: "binary", maxLength: 200 }),
    fc.constantFrom(
      "\0",
      "\ud800",
      "x".repeat(100_000),
      "0000-01-01T00:00:00Z",
      "9999-12-31T23:59:59Z",
      "__proto__",
    ),
  );
  const anything = fc.oneof(number, text, fc.constant(null), fc.boolean(), fc.jsonValue({ maxDepth: 4 }));
  const id = fc.oneof(fc.constant(victim.guestId), fc.uuid(), text);
  const guest = fc.record(
    {
      guestId: id,
      generation: fc.oneof(fc.constantFrom(1, 2, 3, 4), number),
      observed: fc.oneof(fc.constantFrom("absent", "failed", "stopped", "running", "unknown"), text),
      stopCause: fc.oneof(fc.constantFrom("crashed", null), text),
      rebootSeq: number,
      phase: fc.oneof(fc.constant("removing"), fc.constant(null), text),
      percent: number,
      fault: fc.oneof(
        fc.constant(null),
        anything,
        fc.record({
          code: fc.constant("Internal"),
          reason: text,
          message: text,
          retry: fc.constantFrom("never", "later"),
        }),
      ),
    },
    { requiredKeys: ["guestId"] },
  );
  const wellFormed = fc.record({
    guestId: fc.oneof(fc.constant(victim.guestId), fc.uuid()),
    generation: fc.integer({ min: 1, max: 2 ** 53 - 1 }),
    observed: fc.constantFrom("absent", "failed", "stopped", "running", "unknown"),
    stopCause: fc.constantFrom("crashed", "shutdown", null),
    percent: fc.constantFrom(null, 0, 100),
  });
  const orphan = fc.record({
    guestId: id,
    name: text,
    observed: fc.constantFrom("running", "stopped"),
    body: fc.oneof(fc.constant(null), anything),
    fault: fc.oneof(fc.constant(null), anything),
  });
  // One thing at a time, so that most of it gets as far as the rows.
  const change = fc.oneof(
    fc.record({ guests: fc.oneof(fc.array(guest, { maxLength: 20 }), anything) }),
    fc.record({ guests: fc.array(wellFormed, { maxLength: 20 }) }),
    fc.record({ orphans: fc.oneof(fc.array(orphan, { maxLength: 20 }), anything) }),
    fc.record({
      inventory: fc.oneof(
        fc.record({ vcpus: number, ramMib: number, diskGib: number, cpuModel: text, kernel: text }),
        anything,
      ),
    }),
    fc.record({ sequence: number }),
    fc.record({
      agentStartedAt: fc.oneof(text, fc.constantFrom("0000-01-01T00:00:00Z", "2026-02-30T00:00:00Z")),
    }),
    fc.record({ bootId: fc.oneof(fc.uuid(), anything) }),
    fc.record({ agentVersion: text, driver: text }),
    fc.record({ complete: fc.oneof(fc.boolean(), anything) }),
    fc.record({ version: anything }),
  );
  const outcomes = new Map<number, number>();
  await fc.assert(
    fc.asyncProperty(change, async (changed) => {
      const { status, text: answer } = await playAgent(web, mad).report([], changed);
      outcomes.set(status, (outcomes.get(status) ?? 0) + 1);
      expect(answer, JSON.stringify(changed)).not.toContain('"Internal"');
      expect([200, 400, 403, 409, 429], answer).toContain(status);
    }),
    { numRuns: runs.report, verbose: 1 },
  );
  expect(outcomes.get(200)).toBeGreaterThan(10);
  const after = await row();
  expect({ ...after, updatedAt: null }).toEqual({ ...before, updatedAt: null });
  expect({}).not.toHaveProperty("polluted");
  await isServed();
  told(
    `reports ${JSON.stringify([...outcomes])}`,
    [...outcomes.values()].reduce((sum, count) => sum + count, 0),
  );
});

test("a hypervisor gets no image, user data or console that is another's", async () => {
  const { sha256 } = await web.database.prisma.image.findFirstOrThrow();
  const names = [
    sha256 ?? "",
    "f".repeat(64),
    "..%2f..%2fsession.key",
    "%00",
    sha256?.toUpperCase() ?? "",
    `${sha256}%2f..`,
  ];
  for (const name of names) {
    const { status, body } = await callAgentPort(web.env, `/images/${name}`, { identity: mad });
    expect([400, 404]).toContain(status);
    expect(body.length).toBeLessThan(1_000);
  }
  const input = encodeURIComponent(JSON.stringify({ json: { sha256: "a".repeat(64) } }));
  expect((await callAgentPort(web.env, `/trpc/userData?input=${input}`, { identity: mad })).status).toBe(404);
  const whole = await callAgentPort(web.env, `/images/${sha256}`, { identity });
  expect(whole.status).toBe(200);
});

const openedConsole = z.object({ consoleId: z.string(), path: z.string() });

test("garbage on either side of a console ends at most that console", async () => {
  const frame = fc.record({
    from: fc.constantFrom("browser", "agent"),
    bytes: fc.oneof(
      fc.uint8Array({ maxLength: 3_000 }).map((all) => Buffer.from(all)),
      fc.constantFrom(0, 65_536, 900_000).map((length) => Buffer.alloc(length, 7)),
    ),
    text: fc.boolean(),
  });
  const ending = fc.constantFrom("close", "terminate", "raw", "too large", "odd code");
  const plan = fc.record({
    frames: fc.array(frame, { maxLength: 12 }),
    ending,
    by: fc.constantFrom("browser", "agent"),
  });
  let count = 0;
  await fc.assert(
    fc.asyncProperty(plan, async ({ frames, ending: end, by }) => {
      count += 1;
      const { data } = await callTrpc(web.env, cookie, {
        path: "instance.openConsole",
        input: { projectId: web.projectId, id: victim.id, kind: "serial" },
      });
      const { consoleId, path } = openedConsole.parse(data);
      const origin = web.env.url;
      const browser = connect(`ws://127.0.0.1:${web.env.port}${path}`, { cookie, origin });
      const order = await honest.consoleOrder(consoleId);
      const { key, cert, ca } = identity;
      const line = connect(order.url, { "x-madang-console": order.secret }, { key, cert, ca });
      expect([await browser.opened, await line.opened]).toEqual([true, true]);
      const sides = { browser, agent: line };
      for (const { from, bytes, text } of frames) sides[from].socket.send(bytes, { binary: !text });
      const sent = (from: "browser" | "agent") =>
        Buffer.concat(frames.filter((one) => one.from === from).map(({ bytes }) => bytes));
      const arrived = ({ messages }: { messages: Buffer[] }, all: Buffer) =>
        Buffer.concat(messages).equals(all);
      const valid = frames.every(({ text }) => !text);
      if (valid) await until(() => arrived(line, sent("browser")) && arrived(browser, sent("agent")));
      const { socket } = sides[by];
      if (end === "close") socket.close();
      if (end === "terminate") socket.terminate();
      if (end === "odd code") socket.close(4999, "x".repeat(100));
      if (end === "too large") socket.send(Buffer.alloc(by === "browser" ? 2 * 1024 ** 2 : 17 * 1024 ** 2));
      if (end === "raw") {
        // Past the library: reserved bits, and a length that nobody could hold.
        const raw = z.object({ _socket: z.custom<TLSSocket>() }).parse(socket);
        raw._socket.write(Buffer.concat([Buffer.from([0xff, 0xff, 0x7f]), randomBytes(40)]));
        raw._socket.end();
      }
      await Promise.all([browser.closed, line.closed]);
    }),
    { numRuns: runs.frames, verbose: 1 },
  );
  await until(
    async () => (await web.database.prisma.consoleSession.count({ where: { closedAt: null } })) === 0,
  );
  const trail = await web.database.prisma.event.groupBy({
    by: ["action"],
    where: { resourceId: victim.id, action: { startsWith: "console." } },
    _count: true,
  });
  expect(new Set(trail.map(({ _count }) => _count)).size).toBe(1);
  await isServed();
  told("consoles", count);
});

test("a browser that never reads holds the guest back, not the relay's memory", async () => {
  const { data } = await callTrpc(web.env, cookie, {
    path: "instance.openConsole",
    input: { projectId: web.projectId, id: victim.id, kind: "serial" },
  });
  const { consoleId, path } = openedConsole.parse(data);
  const browser = connect(`ws://127.0.0.1:${web.env.port}${path}`, { cookie, origin: web.env.url });
  const order = await honest.consoleOrder(consoleId);
  const { key, cert, ca } = identity;
  const line = connect(order.url, { "x-madang-console": order.secret }, { key, cert, ca });
  await Promise.all([browser.opened, line.opened]);
  line.socket.pause();
  const flood = Buffer.alloc(512 * 1024, 1);
  for (let sent = 0; sent < 60; sent++) browser.socket.send(flood);
  let before = Number.NaN;
  await until(async () => {
    await new Promise((resolve) => setTimeout(resolve, 50));
    const still = browser.socket.bufferedAmount === before;
    before = browser.socket.bufferedAmount;
    return still;
  });
  // An agent that does not read is the same the other way round: the rest stays where it came from.
  expect(browser.socket.bufferedAmount).toBeGreaterThan(10 * 1024 ** 2);
  browser.socket.terminate();
  line.socket.terminate();
  await isServed();
});
