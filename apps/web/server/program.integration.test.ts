/** Programs over real HTTP: what docs/api.md and the portal tell people to run, and what a hostile one may try. */
import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { connect as connectTcp } from "node:net";
import { join } from "node:path";
import { promisify } from "node:util";
import { launchInput } from "@madang/core/instance/launch";
import { afterAll, beforeAll, expect, test } from "vitest";
import { z } from "zod";
import { launchCall } from "../components/launch/api-call.ts";
import { callTrpc, connect, password, signIn, startTestWeb, type TestWeb } from "./testing.ts";

let web: TestWeb;
let cookie: string;
let bearer: string;
beforeAll(async () => {
  web = await startTestWeb();
  cookie = (await signIn(web.env, "mina", password)).cookie ?? "";
  bearer = (await makeCredential("robot")).bearer;
}, 180_000);
afterAll(() => web.close(), 60_000);

const madeCredential = z.object({ id: z.uuid(), secret: z.string(), bearer: z.string() });

async function makeCredential(name: string, fields: { accessRules?: string[] } = {}) {
  const wish = { id: crypto.randomUUID(), projectId: web.projectId, name, roles: ["member"] };
  const input = { ...wish, expiresAt: null, accessRules: null, ...fields };
  return madeCredential.parse((await callTrpc(web.env, cookie, { path: "credential.create", input })).data);
}

/** As a person at a terminal would: the command's very text, and the token in the environment. */
async function run(command: string, variables: Record<string, string> = {}): Promise<unknown> {
  const env = { ...process.env, MADANG_URL: web.env.url, MADANG_TOKEN: bearer, ...variables };
  const running = promisify(execFile)("bash", ["-c", command], { env });
  running.child.stdin?.end();
  return JSON.parse((await running).stdout);
}

const launched = z.object({
  result: z.object({ data: z.object({ json: z.object({ ids: z.array(z.uuid()) }) }) }),
});

test("the launch form's command launches exactly what was filled in, and once", async () => {
  const input = launchInput.parse({
    ids: [crypto.randomUUID(), crypto.randomUUID()],
    projectId: web.projectId,
    name: `it's "$HOME" \`id\` \\ 마당`,
    imageId: web.imageId,
    flavorId: web.flavorId,
    keyPairId: null,
    password: 'it\'s $(touch /tmp/never) "quoted"',
    userData: "#cloud-config\nEND\nruncmd:\n- [sh, -c, 'echo $HOME']\n'\n",
    deleteProtection: true,
    crashPolicy: "stop",
  });
  const command = launchCall(web.env.url, input);
  for (let time = 0; time < 2; time++)
    expect(launched.parse(await run(command)).result.data.json.ids).toEqual(input.ids);
  const rows = await web.database.prisma.instance.findMany({ where: { id: { in: input.ids } } });
  expect(rows).toHaveLength(2);
  for (const row of rows) {
    expect(row.name.startsWith(input.name)).toBe(true);
    expect(row).toMatchObject({ deleteProtection: true, crashPolicy: "stop" });
  }
  const path = "instance.launch";
  const asPerson = await callTrpc(web.env, cookie, { path, input });
  expect(asPerson.data.ids).toEqual(input.ids);
});

/** What is documented must be in the answer, of the same type; where a list has a row, so must the answer's. */
function expectLike(answer: unknown, documented: unknown, at: string): void {
  if (documented === null) return;
  if (Array.isArray(documented)) {
    expect(Array.isArray(answer), at).toBe(true);
    const [row] = documented;
    const first = Array.isArray(answer) ? answer[0] : undefined;
    if (row !== undefined) expectLike(first, row, `${at}[0]`);
    return;
  }
  if (typeof documented !== "object") {
    expect(typeof answer, at).toBe(typeof documented);
    return;
  }
  const fields = z.record(z.string(), z.unknown()).parse(answer);
  for (const [key, value] of Object.entries(documented)) expectLike(fields[key], value, `${at}.${key}`);
}

test("every command of docs/api.md works and answers as written there", async () => {
  const text = await readFile(join(import.meta.dirname, "../../../docs/api.md"), "utf8");
  const examples = [...text.matchAll(/```sh\n([\s\S]*?)```\s+```json\n([\s\S]*?)```/g)];
  expect(examples.length).toBe([...text.matchAll(/```sh\n/g)].length);
  expect(examples.length).toBeGreaterThanOrEqual(6);
  const variables = {
    PROJECT_ID: web.projectId,
    INSTANCE_ID: crypto.randomUUID(),
    IMAGE_ID: web.imageId,
    FLAVOR_ID: web.flavorId,
  };
  for (const [, command = "", answer = ""] of examples) {
    const documented: unknown = JSON.parse(answer);
    expectLike(await run(command, variables), documented, command.slice(0, 60));
  }
  const refused = JSON.stringify(await run(examples.at(-1)?.[1] ?? "", variables));
  expect(refused).toContain(`"code":"NotFound","message"`);
  expect(refused).toContain(`"reason":"instanceNotFound"`);
});

const cloudError = z.object({
  error: z.object({
    json: z.object({
      data: z.object({ cloud: z.object({ code: z.string(), reason: z.string() }), requestId: z.string() }),
    }),
  }),
});

async function ask(headers: Record<string, string>, path = "account.me", init: RequestInit = {}) {
  const response = await fetch(`${web.env.url}/api/trpc/${path}`, { ...init, headers });
  const text = await response.text();
  const parsed = cloudError.safeParse(JSON.parse(text || "null"));
  return { response, text, status: response.status, refused: parsed.data?.error.json.data };
}

const json = { "content-type": "application/json" };
const newKey = () => ({
  method: "POST",
  body: JSON.stringify({
    json: { id: crypto.randomUUID(), name: crypto.randomUUID(), type: "ed25519", projectId: web.projectId },
  }),
});

test("a bearer needs no origin and gets no CORS header; a cookie without our own origin stays refused", async () => {
  const evil = { origin: "https://evil.example" };
  const withBearer = await ask(
    { ...json, ...evil, authorization: `bearer ${bearer}` },
    "keyPair.generate",
    newKey(),
  );
  expect(withBearer.status).toBe(200);
  const preflight = await fetch(`${web.env.url}/api/trpc/keyPair.generate`, {
    method: "OPTIONS",
    headers: { ...evil, "access-control-request-method": "POST" },
  });
  for (const answer of [withBearer.response, preflight])
    expect([...answer.headers.keys()].filter((name) => name.startsWith("access-control"))).toEqual([]);
  for (const authorization of ["", "Basic bWluYTptaW5h", "Bearerx y", `Token ${bearer}`]) {
    const headers = { ...json, cookie, ...(authorization ? { authorization } : {}) };
    expect((await ask(headers, "keyPair.generate", newKey())).status).toBe(403);
    expect((await ask({ ...headers, ...evil }, "keyPair.generate", newKey())).status).toBe(403);
  }
  const elsewhere = await fetch(`${web.env.url}/echo`, {
    method: "PATCH",
    headers: { ...json, cookie, authorization: `Bearer ${bearer}` },
  });
  expect(elsewhere.status).toBe(403);
});

test("with a bearer the cookie counts for nothing, whatever the bearer is worth", async () => {
  const id = crypto.randomUUID();
  const wrong = ["x", "", "x y", `madang.${id}.${"a".repeat(43)}`, `${bearer}x`, `${bearer} ${bearer}`];
  for (const one of wrong) {
    const { status, refused, response } = await ask({ cookie, authorization: `Bearer ${one}` });
    expect(status, one).toBe(401);
    expect(refused?.cloud).toMatchObject({ code: "Unauthenticated", reason: "credentialRefused" });
    expect(refused?.requestId).toBe(response.headers.get("x-openstack-request-id"));
    expect(response.headers.get("www-authenticate")).toBe(`Bearer error="invalid_token"`);
  }
  const nobody = await ask({});
  expect(nobody.response.headers.get("www-authenticate")).toBe("Bearer");
  const names = await ask({ cookie, authorization: `Bearer ${bearer}` }, "credential.list");
  expect(names.refused?.cloud.reason).toBe("credentialTooWeak");
});

/** What fetch would not send: the bytes of the request's head. */
async function raw(lines: string[]): Promise<string> {
  const socket = connectTcp(web.env.port, "127.0.0.1");
  socket.write(
    `${["GET /api/trpc/account.me HTTP/1.1", "Host: x", "Connection: close", ...lines].join("\r\n")}\r\n\r\n`,
  );
  const chunks: Buffer[] = [];
  for await (const chunk of socket) chunks.push(z.instanceof(Buffer).parse(chunk));
  return Buffer.concat(chunks).toString();
}

test("two bearers, huge ones and injected lines sign nobody in and put nothing into the answer", async () => {
  const own = `Authorization: Bearer ${bearer}`;
  expect(await raw([own])).toMatch(/^HTTP\/1.1 200 /);
  const other = `Authorization: Bearer madang.${crypto.randomUUID()}.${"a".repeat(43)}`;
  for (const lines of [[own, own], [own, other], [other, own], [`${own}, ${own}`], [`${own}\u0000`]])
    expect(await raw(lines)).toMatch(/^HTTP\/1.1 40[01] /);
  expect(await raw([`Authorization: Bearer ${"a".repeat(14_000)}`])).toMatch(/^HTTP\/1.1 401 /);
  expect(await raw([`Authorization: Bearer ${"a".repeat(40_000)}`])).toMatch(/^HTTP\/1.1 431 /);
  const folded = await raw([`Authorization: Bearer x\r\n Set-Cookie: a=b`]);
  expect(folded).toMatch(/^HTTP\/1.1 40[01] /);
  const echoed = await raw([own, "x-openstack-request-id: req-1\u0085Set-Cookie: evil=1"]);
  for (const answer of [folded, echoed]) expect(answer.toLowerCase()).not.toContain("set-cookie: ");
});

test("a stream is a person's: neither over HTTP nor over a socket", async () => {
  const input = encodeURIComponent(JSON.stringify({ json: { projectId: web.projectId } }));
  const sse = await fetch(`${web.env.url}/api/trpc/event.stream?input=${input}`, {
    headers: { authorization: `Bearer ${bearer}`, accept: "text/event-stream" },
  });
  expect(await sse.text()).toContain("sessionNeeded");
  const headers = { cookie, origin: web.env.url, authorization: `Bearer ${bearer}` };
  expect(await connect(`ws://127.0.0.1:${web.env.port}/ws/trpc`, headers).opened).toBe(false);
});

test("a batch mixes what it may with what it may not", async () => {
  const narrow = await makeCredential("narrow", { accessRules: ["account.*"] });
  const headers = { authorization: `Bearer ${narrow.bearer}` };
  const input = encodeURIComponent(JSON.stringify({ 0: { json: null }, 1: { json: {} } }));
  const batch = await fetch(`${web.env.url}/api/trpc/account.me,keyPair.list?batch=1&input=${input}`, {
    headers,
  });
  expect(batch.status).toBe(207);
  expect(await batch.text()).toContain("credentialTooWeak");
});

test("whoever guesses is told to wait, and when; whoever knows, from the same address, is not", async () => {
  let last = await ask({ authorization: "Bearer guess" });
  while (last.status === 401) last = await ask({ authorization: "Bearer guess" });
  expect(last.status).toBe(429);
  expect(last.refused?.cloud.code).toBe("TooManyRequests");
  expect(Number(last.response.headers.get("retry-after"))).toBeGreaterThan(0);
  expect((await ask({ authorization: `Bearer ${bearer}` })).status).toBe(200);
});
