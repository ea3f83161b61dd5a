/** Every procedure of both routers gets everything that hostile-input.ts knows, over the real sockets. */
import { Agent, request } from "node:https";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { appRouter } from "@madang/api";
import { agentRouter } from "@madang/api/agent";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import WebSocket from "ws";
import { z } from "zod";
import {
  type Attack,
  brokenBodies,
  largeAttacks,
  metaAttacks,
  type Procedure,
  proceduresOf,
  sampleOf,
  smallAttacks,
} from "./testing/hostile-input.ts";
import { type AgentIdentity, joinAs, signIn, startTestWeb, type TestWeb } from "./testing.ts";

let web: TestWeb;
let identity: AgentIdentity;
let heldBefore: number;
const counted = new Map<string, number>();
beforeAll(async () => {
  web = await startTestWeb();
  const joined = await joinAs(web.env, web.joinToken, "walked");
  if (!joined.identity) throw new Error(`not joined: ${joined.answer.body}`);
  identity = joined.identity;
  heldBefore = held();
}, 180_000);
afterAll(() => web.close(), 60_000);

/** MiB that are held after a collection: what was freed but not yet given back says nothing of a leak. */
function held(): number {
  setFlagsFromString("--expose-gc");
  const collect: unknown = runInNewContext("gc");
  if (typeof collect !== "function") throw new TypeError("no collection can be asked for");
  collect();
  const { heapUsed, external } = process.memoryUsage();
  return Math.round((heapUsed + external) / 1024 ** 2);
}

const cloudError = z.object({ code: z.string(), reason: z.string() });
const refusals = z.union([
  z.object({ cloud: cloudError }),
  z
    .object({ error: z.object({ json: z.object({ data: z.object({ cloud: cloudError }) }) }) })
    .transform(({ error }) => error.json.data),
]);
const one = z.union([
  refusals.transform(({ cloud }) => cloud.code),
  z.object({ result: z.unknown() }).transform(() => "done"),
]);
const answers = z.union([
  one,
  z.array(one).transform((all) => all.find((code) => code === "Internal") ?? "batch"),
]);

/** "done", or the typed code it was refused with. */
function judge(path: string, attack: string, status: number, text: string): string {
  counted.set(path, (counted.get(path) ?? 0) + 1);
  // What node:http refuses before anybody could answer in our words.
  if (status === 431) return "HeadTooLarge";
  const parsed = answers.safeParse(JSON.parse(text || "null"));
  if (!parsed.success) throw new Error(`${path}, ${attack}: ${status} ${text.slice(0, 300)}`);
  if (parsed.data === "Internal") throw new Error(`${path}, ${attack}: Internal: ${text.slice(0, 500)}`);
  return parsed.data;
}

let latest = "";
/** One that walks himself out of his session comes back; who is in stays, for sign-ins are counted. */
async function adminCookie(): Promise<string> {
  const me = await fetch(`${web.env.url}/api/trpc/account.me`, { headers: { cookie: latest } });
  if (me.ok) return latest;
  const { cookie } = await signIn(web.env, "admin");
  if (!cookie) throw new Error("no session");
  latest = cookie;
  return cookie;
}

const patienceMs = 30_000;

async function overHttp(procedure: Procedure, cookie: string, name: string, text: string): Promise<string> {
  const { path, type } = procedure;
  const query = type === "mutation" ? "" : `?input=${encodeURIComponent(text)}`;
  const response = await fetch(`${web.env.url}/api/trpc/${path}${query}`, {
    method: type === "mutation" ? "POST" : "GET",
    headers: { cookie, origin: web.env.url, "content-type": "application/json" },
    ...(type === "mutation" ? { body: text } : {}),
    signal: AbortSignal.timeout(patienceMs),
  });
  return judge(path, name, response.status, await response.text());
}

/** Large input of a query does not fit into a URL, but it does into a frame. */
function openSocket(cookie: string) {
  const socket = new WebSocket(`ws://127.0.0.1:${web.env.port}/ws/trpc`, {
    headers: { cookie, origin: web.env.url },
  });
  const waiting = new Map<number, (text: string) => void>();
  const numbered = z.object({ id: z.number().nullable() });
  socket.on("message", (data) => {
    if (String(data) === "PING") return socket.send("PONG");
    const { success, data: message } = numbered.safeParse(JSON.parse(String(data)));
    if (!success) return;
    // What could not even be read is answered to nobody in particular.
    const [[oldest] = [0]] = waiting;
    waiting.get(message.id ?? oldest)?.(String(data));
  });
  let last = 0;
  const opened = new Promise<void>((resolve, reject) => {
    socket.once("open", () => resolve());
    socket.once("error", reject);
  });
  return {
    opened,
    closed: new Promise<number>((resolve) => socket.once("close", resolve)),
    send: (text: string) => socket.send(text),
    close: () => socket.terminate(),
    call: async ({ path, type }: Procedure, name: string, input: string): Promise<string> => {
      const id = ++last;
      const answer = new Promise<string>((resolve, reject) => {
        const timer = setTimeout(() => reject(new Error(`${path}, ${name}: no answer`)), patienceMs);
        waiting.set(id, (text) => {
          clearTimeout(timer);
          resolve(text);
        });
      });
      socket.send(`{"id":${id},"method":"${type}","params":{"path":"${path}","input":${input}}}`);
      const text = await answer;
      waiting.delete(id);
      socket.send(`{"id":${id},"method":"subscription.stop"}`);
      return judge(path, name, 200, text);
    },
  };
}

const agent = new Agent({ keepAlive: true, maxSockets: 4 });
function overTls({ path, type }: Procedure, name: string, text: string): Promise<string> {
  const query = type === "mutation" ? "" : `?input=${encodeURIComponent(text)}`;
  const { key, cert, ca } = identity;
  return new Promise((resolve, reject) => {
    const method = type === "mutation" ? "POST" : "GET";
    const headers = { "content-type": "application/json" };
    const options = { method, headers, agent, key, cert, ca, timeout: patienceMs };
    const sent = request(`${web.env.agentUrl}/trpc/${path}${query}`, options, (response) => {
      const chunks: Buffer[] = [];
      response.on("data", (chunk: Buffer) => chunks.push(chunk));
      response.on("end", () => {
        try {
          resolve(judge(path, name, response.statusCode ?? 0, Buffer.concat(chunks).toString()));
        } catch (error) {
          reject(error);
        }
      });
    });
    sent.on("timeout", () => sent.destroy(new Error(`${path}, ${name}: no answer`)));
    sent.on("error", reject);
    sent.end(type === "mutation" ? text : undefined);
  });
}

const known = () => ({ projectId: web.projectId, imageId: web.imageId, flavorId: web.flavorId });
const numbered = (all: readonly Procedure[]) => all.map((procedure, index) => ({ ...procedure, index }));
const procedures = proceduresOf(appRouter._def.procedures);
const agents = proceduresOf(agentRouter._def.procedures);

/** A few at a time: this is a walk, not a flood. */
async function each<T>(items: readonly T[], work: (item: T) => Promise<unknown>): Promise<void> {
  const rest = [...items];
  const next = async (): Promise<void> => {
    for (let item = rest.shift(); item !== undefined; item = rest.shift()) await work(item);
  };
  await Promise.all(Array.from({ length: 4 }, next));
}

/**
 * What is read before any schema is looked at is the same everywhere: each procedure gets some of it, in turn, so that all of
 * it meets many.
 */
function inTurn(attacks: readonly Attack[], index: number, count: number): Attack[] {
  return Array.from({ length: count }, (_, step) => attacks[(index * count + step) % attacks.length]).filter(
    (attack) => attack !== undefined,
  );
}
const someMeta = (sample: unknown, index: number) => inTurn(metaAttacks(sample), index, 6);
const someLarge = (sample: unknown, index: number) => inTurn(largeAttacks(sample), index, 4);

describe("whatever is sent is answered in words, and the process lives on", () => {
  test.each(numbered(procedures))("$path", { timeout: 180_000 }, async ({ index, ...procedure }) => {
    let cookie = await adminCookie();
    const sample = sampleOf(procedure.schema, known());
    const bodies = procedure.type === "mutation" ? [...brokenBodies, ...someLarge(sample, index)] : [];
    if (procedure.type !== "subscription") {
      await each([...smallAttacks(sample), ...someMeta(sample, index), ...bodies], ({ name, text }) =>
        overHttp(procedure, cookie, name, text),
      );
      cookie = await adminCookie();
    }
    const socket = openSocket(cookie);
    await socket.opened;
    const attacks =
      procedure.type === "subscription" ? [...smallAttacks(sample), ...metaAttacks(sample)] : [];
    for (const { name, text } of [...attacks, ...someLarge(sample, index + 1)])
      await socket.call(procedure, name, text);
    socket.send(
      `{"id":0,"method":"query","params":{"path":"${procedure.path}","input":"${"x".repeat(1_100_000)}"}}`,
    );
    expect(await socket.closed).toBe(1009);
    expect(counted.get(procedure.path)).toBeGreaterThan(25);
  });

  test.each(agents)("agent $path", { timeout: 180_000 }, async (procedure) => {
    const sample = sampleOf(procedure.schema, { version: 1, ...known() });
    const bodies = procedure.type === "mutation" ? [...brokenBodies, ...largeAttacks(sample)] : [];
    // A pull is answered at once when it asks with another revision, and `renew` costs a signature.
    await each([...smallAttacks(sample), ...metaAttacks(sample), ...bodies], ({ name, text }) =>
      overTls(procedure, name, text),
    );
    expect(counted.get(procedure.path)).toBeGreaterThan(40);
  });

  test("a thousand calls in one batch", async () => {
    const cookie = await adminCookie();
    const paths = Array.from({ length: 1_000 }, () => "account.me").join(",");
    const headers = { cookie, origin: web.env.url, "content-type": "application/json" };
    const response = await fetch(`${web.env.url}/api/trpc/${paths}?batch=1`, { headers });
    expect([400, 404, 414, 431]).toContain(response.status);
    const hundred = Array.from({ length: 51 }, () => "account.me").join(",");
    const batch = await fetch(`${web.env.url}/api/trpc/${hundred}?batch=1`, { headers });
    expect(batch.status).toBe(400);
    const socket = openSocket(cookie);
    await socket.opened;
    const message = { method: "query", params: { path: "account.me", input: { json: null } } };
    socket.send(JSON.stringify(Array.from({ length: 1_000 }, (_, id) => ({ ...message, id: id + 10 }))));
    const me = { path: "account.me", type: "query" as const, schema: {} };
    expect(["done", "TooManyRequests"]).toContain(await socket.call(me, "after a batch", '{"json":null}'));
    socket.close();
  });

  test("nothing was polluted, nothing leaked, nobody was left out, and somebody else is served", async () => {
    expect({}).not.toHaveProperty("polluted");
    expect(Object.keys(Object.prototype)).toEqual([]);
    const walked = new Set(counted.keys());
    for (const { path } of [...procedures, ...agents]) expect(walked).toContain(path);
    const total = [...counted.values()].reduce((sum, count) => sum + count, 0);
    const grownMib = held() - heldBefore;
    process.stdout.write(
      `input walk: ${total} requests to ${walked.size} procedures, memory grew by ${grownMib} MiB\n`,
    );
    expect(grownMib).toBeLessThan(300);
    expect((await signIn(web.env, "mina")).cookie).not.toBeNull();
  });
});
