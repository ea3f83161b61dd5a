import { createHash, randomBytes } from "node:crypto";
import { afterAll, beforeAll, expect, test } from "vitest";
import { z } from "zod";
import { type PlayedAgent, playAgent } from "./testing/played-agent.ts";
import {
  type AgentIdentity,
  callAgentPort,
  callTrpc,
  connect,
  joinAs,
  makeKey,
  signIn,
  signOutOf,
  startTestWeb,
  type TestWeb,
  trpcAnswer,
  until,
} from "./testing.ts";

let web: TestWeb;
let cookie: string;
let identity: AgentIdentity;
let played: PlayedAgent;
beforeAll(async () => {
  web = await startTestWeb();
  cookie = (await signIn(web.env, "mina")).cookie ?? "";
  const joined = await joinAs(web.env, web.joinToken, "host");
  if (!joined.identity) throw new Error(`not joined: ${joined.answer.body}`);
  identity = joined.identity;
  played = playAgent(web, identity);
}, 180_000);
afterAll(() => web.close(), 60_000);

const openedConsole = z.object({ consoleId: z.string(), path: z.string() });

const headers = () => ({ cookie, origin: web.env.url });

const call = (path: string, input: unknown, method?: "GET" | "POST") =>
  callTrpc(web.env, cookie, { path, input, method });

test("every page has a policy with its own nonce, and Next gives that nonce to its scripts", async () => {
  const pages = await Promise.all([1, 2].map(() => fetch(web.env.url)));
  const nonces = pages.map(
    ({ headers: sent }) => /'nonce-([^']+)'/.exec(sent.get("content-security-policy") ?? "")?.[1],
  );
  expect(new Set(nonces).size).toBe(2);
  const [html] = await Promise.all(pages.map((page) => page.text()));
  expect(html).toContain(`data-nonce="${nonces[0]}"`);
  const scripts = html?.match(/<script[^>]*>/g) ?? [];
  expect(scripts.length).toBeGreaterThan(0);
  for (const script of scripts) expect(script).toContain(`nonce="${nonces[0]}"`);
  const policy = pages[0]?.headers.get("content-security-policy") ?? "";
  expect(policy).toContain("frame-ancestors 'none'");
  expect(/script-src[^;]*/.exec(policy)?.[0]).not.toContain("unsafe-inline");
  const forged = await fetch(web.env.url, {
    headers: { "x-nonce": "forged", "content-security-policy": "script-src *" },
  });
  expect(await forged.text()).not.toContain("forged");
  expect(pages[0]?.headers.get("x-content-type-options")).toBe("nosniff");
});

test("in development hot reload is answered, and by nobody but Next", async () => {
  await fetch(web.env.url);
  const { socket, opened, messages } = connect(
    `${web.env.url.replace("http:", "ws:")}/_next/hmr?id=${crypto.randomUUID()}`,
    headers(),
  );
  expect(await opened).toBe(true);
  await until(() => messages.length > 0);
  expect(String(messages[0])).toContain("type");
  socket.terminate();
});

test("a body for Next arrives as it was sent, whatever it is and however large", async () => {
  const body = randomBytes(3 * 1024 * 1024);
  for (const type of [
    "application/offset+octet-stream",
    "application/json",
    "application/x-www-form-urlencoded",
  ]) {
    const sent = { method: "PATCH", body, headers: { ...headers(), "content-type": type } };
    const answer = await (await fetch(`${web.env.url}/echo`, sent)).json();
    expect(answer).toEqual({
      sha256: createHash("sha256").update(body).digest("hex"),
      bytes: body.length,
      type,
    });
  }
});

test("a batch of twenty is one request", async () => {
  const paths = Array.from({ length: 20 }, (_, index) => (index % 2 ? "project.quota" : "instance.list"));
  const input = Object.fromEntries(
    paths.map((_path, index) => [index, { json: { projectId: web.projectId, limit: 5 } }]),
  );
  const url = `${web.env.url}/api/trpc/${paths.join(",")}?batch=1&input=${encodeURIComponent(JSON.stringify(input))}`;
  const response = await fetch(url, { headers: headers() });
  const answers = z.array(trpcAnswer).parse(await response.json());
  expect(answers).toHaveLength(20);
  for (const answer of answers) expect(answer.result?.data.json).toBeDefined();
});

test("a stranger learns how each part is, and nothing of how many or how full", async () => {
  const askers = [cookie, "", cookie.replace(/=./, "=x")];
  const answers = askers.map((asker) => fetch(`${web.env.url}/api/health`, { headers: { cookie: asker } }));
  const [own, ...strange] = await Promise.all(answers.map(async (answer) => (await answer).text()));
  expect(own).toMatch(/"freeBytes":\d/);
  for (const text of strange) expect(text).toMatch(/^\D*"database"\D*$/);
});

test("an error is typed and carries the request id of the answer's header", async () => {
  const { status, error, response } = await call(
    "instance.get",
    { projectId: web.projectId, id: crypto.randomUUID() },
    "GET",
  );
  expect(status).toBe(404);
  expect(error.cloud).toMatchObject({ code: "NotFound", reason: "instanceNotFound" });
  expect(error.requestId).toBe(response.headers.get("x-openstack-request-id"));
  expect(error.stack).toBeUndefined();
  const own = `req-${crypto.randomUUID()}`;
  const kept = await fetch(`${web.env.url}/api/health`, { headers: { "x-openstack-request-id": own } });
  expect(kept.headers.get("x-openstack-request-id")).toBe(own);
  const forged = await fetch(`${web.env.url}/api/health`, {
    headers: { "x-openstack-request-id": "req-1; DROP" },
  });
  expect(forged.headers.get("x-openstack-request-id")).toMatch(/^req-[0-9a-f-]{36}$/);
  const noSuch = await call("no.such", {});
  expect(noSuch).toMatchObject({ status: 404, error: { cloud: { reason: "noSuchCall" } } });
  const broken = await fetch(`${web.env.url}/api/trpc/account.changePassword`, {
    method: "POST",
    headers: { ...headers(), "content-type": "application/json" },
    body: "{",
  });
  expect(broken.status).toBe(400);
});

test("nothing that changes anything is taken from a page that is not ours", async () => {
  const json = { method: "POST", body: JSON.stringify({ json: { current: "x", next: "y" } }) };
  for (const origin of ["https://evil.example", "null", `http://127.0.0.1:${web.env.agentPort}`, undefined]) {
    const sent = { cookie, "content-type": "application/json", ...(origin ? { origin } : {}) };
    const answer = await fetch(`${web.env.url}/api/trpc/account.changePassword`, { ...json, headers: sent });
    expect(answer.status).toBe(403);
    expect(
      await connect(`ws://127.0.0.1:${web.env.port}/ws/trpc`, { cookie, ...(origin ? { origin } : {}) })
        .opened,
    ).toBe(false);
  }
});

test("signing in wrong tells nothing and sets no cookie; guessing gets 429 and when to come back", async () => {
  const wrong = await signIn(web.env, "mina", "wrong");
  expect(wrong.cookie).toBeNull();
  expect(wrong.response.status).toBe(401);
  let last = wrong.response;
  while (last.status === 401) last = (await signIn(web.env, "somebody", "wrong")).response;
  expect(last.status).toBe(429);
  expect(Number(last.headers.get("retry-after"))).toBeGreaterThan(0);
});

test("the stream opens after pages were loaded, carries events, and ends with the session", async () => {
  const { url, port } = web.env;
  expect((await fetch(url)).status).toBe(200);
  const own = (await signIn(web.env, "mina")).cookie ?? "";
  const address = `ws://127.0.0.1:${port}/ws/trpc`;
  expect(await connect(address, { origin: url }).opened).toBe(false);
  expect(await connect(address, { origin: url, cookie: "next-auth.session-token=forged" }).opened).toBe(
    false,
  );
  const stream = connect(address, { origin: url, cookie: own });
  expect(await stream.opened).toBe(true);
  const params = { path: "event.stream", input: { json: { projectId: web.projectId } } };
  stream.socket.send(JSON.stringify({ id: 1, method: "subscription", params }));
  await until(() => stream.messages.length >= 2);
  await call("keyPair.generate", {
    id: crypto.randomUUID(),
    name: "seen on the stream",
    type: "ed25519",
    projectId: web.projectId,
  });
  const said = (text: string) => stream.messages.some((message) => message.includes(text));
  await until(() => said("seen on the stream"));
  await signOutOf(web.env, own);
  await until(() => said(`"type":"ended"`));
  stream.socket.close();
});

test("without a certificate of ours there is nothing to get on the agents' port", async () => {
  const strange = await makeKey();
  for (const nobody of [null, { ...identity, key: strange.key, cert: identity.ca }]) {
    const pull = `/trpc/pull?input=${encodeURIComponent(JSON.stringify({ json: { version: 1, bootId: crypto.randomUUID(), revision: null } }))}`;
    const attempt = (path: string) =>
      callAgentPort(web.env, path, { identity: nobody, ca: identity.ca }).catch(() => ({ status: 401 }));
    expect((await attempt(pull)).status).toBe(401);
    expect((await attempt(`/images/${"a".repeat(64)}`)).status).toBe(401);
  }
  expect((await joinAs(web.env, web.joinToken, "second")).answer.status).toBe(403);
  expect((await joinAs(web.env, "madang-this-is-not-a-token", "third")).answer.status).toBe(403);
  const body = { token: "x".repeat(70 * 1024) };
  for (const path of ["/join", "/trpc/report"]) {
    const { ca } = identity;
    const large = await callAgentPort(web.env, path, { method: "POST", body, ca });
    expect(large.body.toString()).toContain("tooLarge");
    expect(large.status).toBe(400);
  }
  const known = await callAgentPort(web.env, "/trpc/report", { method: "POST", body, identity });
  expect(known.body.toString()).not.toContain("tooLarge");
});

async function openConsole(id: string, kind: string, as = cookie) {
  const sent = {
    method: "POST",
    headers: { cookie: as, origin: web.env.url, "content-type": "application/json" },
  };
  const body = JSON.stringify({ json: { projectId: web.projectId, id, kind } });
  const response = await fetch(`${web.env.url}/api/trpc/instance.openConsole`, { ...sent, body });
  const answer = trpcAnswer.parse(await response.json());
  const { consoleId, path } = openedConsole.parse(answer.result?.data.json);
  return {
    consoleId,
    browser: connect(`ws://127.0.0.1:${web.env.port}${path}`, { cookie: as, origin: web.env.url }),
  };
}

async function dial(consoleId: string) {
  const { url, secret } = await played.consoleOrder(consoleId);
  const { key, cert, ca } = identity;
  expect(await connect(url, { "x-madang-console": "wrong" }, { key, cert, ca }).opened).toBe(false);
  expect(await connect(url, { "x-madang-console": secret }, { ca }).opened).toBe(false);
  return connect(url, { "x-madang-console": secret }, { key, cert, ca, perMessageDeflate: false });
}

test("an image goes only to a hypervisor with a guest of it, whole", async () => {
  const { sha256 } = await web.database.prisma.image.findFirstOrThrow();
  expect((await callAgentPort(web.env, `/images/${"b".repeat(64)}`, { identity })).status).toBe(404);
  await played.runningInstance(cookie);
  const { status, body, headers: sent } = await callAgentPort(web.env, `/images/${sha256}`, { identity });
  expect(status).toBe(200);
  expect(createHash("sha256").update(body).digest("hex")).toBe(sha256);
  expect(sent["content-length"]).toBe(String(body.length));
  expect((await callAgentPort(web.env, `/images/..%2f..%2fsecrets`, { identity })).status).toBe(400);
});

test("a console after a page load carries bytes both ways, and a slow browser slows the guest down, not the relay's memory", async () => {
  expect((await fetch(web.env.url)).status).toBe(200);
  const { id } = await played.runningInstance(cookie);
  const { consoleId, browser } = await openConsole(id, "serial");
  expect(await browser.opened).toBe(true);
  browser.socket.send(Buffer.from("typed early"));
  const agent = await dial(consoleId);
  expect(await agent.opened).toBe(true);
  await until(() => Buffer.concat(agent.messages).toString() === "typed early");

  const flood = randomBytes(64 * 1024 * 1024);
  browser.socket.pause();
  for (let at = 0; at < flood.length; at += 65_536) agent.socket.send(flood.subarray(at, at + 65_536));
  let before = Number.NaN;
  await until(() => {
    const still = agent.socket.bufferedAmount === before;
    before = agent.socket.bufferedAmount;
    return still;
  });
  // What the relay took in before it stopped reading: its own bound, and the buffers of two TCP connections.
  expect(agent.socket.bufferedAmount).toBeGreaterThan(40 * 1024 * 1024);
  browser.socket.resume();
  await until(() => browser.messages.reduce((sum, message) => sum + message.length, 0) === flood.length);
  expect(Buffer.concat(browser.messages).equals(flood)).toBe(true);
  agent.socket.close(1000);
  expect(await browser.closed).toBe(1000);
  const events = await web.database.prisma.event.findMany({
    where: { resourceId: id, action: { startsWith: "console." } },
  });
  await until(
    async () =>
      (await web.database.prisma.consoleSession.findUnique({ where: { id: consoleId } }))?.closedAt !== null,
  );
  expect(events.map(({ action }) => action)).toContain("console.open");
});

test("consoles end for their reasons: used ticket, session ended, guest stopped, no agent", async () => {
  const { id } = await played.runningInstance(cookie);
  const first = await openConsole(id, "serial");
  expect(await first.browser.opened).toBe(true);
  const again = connect(first.browser.socket.url, headers());
  expect(await again.closed).toBe(4001);
  // Nobody dials for it.
  const second = await openConsole(id, "serial");

  const own = (await signIn(web.env, "mina")).cookie ?? "";
  const watched = await openConsole(id, "vnc", own);
  const screen = await dial(watched.consoleId);
  await screen.opened;
  await signOutOf(web.env, own);
  expect(await watched.browser.closed).toBe(4004);

  const elsewhere = (await signIn(web.env, "mina")).cookie ?? "";
  const seen = await openConsole(id, "vnc", elsewhere);
  await (await dial(seen.consoleId)).opened;
  const list = await call("account.sessions.list", { sort: "-createdAt", limit: 1 }, "GET");
  await call("account.sessions.revoke", { id: list.data.items[0].id });
  expect(await seen.browser.closed, "revoked from another browser").toBe(4004);

  expect(await second.browser.closed).toBe(4002);
  await web.database.prisma.instance.update({ where: { id }, data: { powerState: "SHUTDOWN" } });
  expect(await (await openConsole(id, "vnc")).browser.closed).toBe(4000);
});

test("a hypervisor that is revoked is refused at once", async () => {
  expect((await played.pull()).hypervisorId).toBe(identity.hypervisorId);
  const admin = (await signIn(web.env, "admin")).cookie ?? "";
  const sent = {
    method: "POST",
    headers: { cookie: admin, origin: web.env.url, "content-type": "application/json" },
  };
  const body = JSON.stringify({ json: { id: identity.hypervisorId } });
  expect((await fetch(`${web.env.url}/api/trpc/admin.hypervisor.revoke`, { ...sent, body })).status).toBe(
    200,
  );
  const input = encodeURIComponent(
    JSON.stringify({ json: { version: 1, bootId: crypto.randomUUID(), revision: null } }),
  );
  expect((await callAgentPort(web.env, `/trpc/pull?input=${input}`, { identity })).status).toBe(401);
});
