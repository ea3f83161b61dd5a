/** Consoles: every ticket and every dial that is not the right one, on the real sockets. */
import { randomBytes } from "node:crypto";
import { afterAll, beforeAll, expect, test } from "vitest";
import { z } from "zod";
import { type PlayedAgent, playAgent } from "./testing/played-agent.ts";
import {
  type AgentIdentity,
  callTrpc,
  connect,
  joinAs,
  signIn,
  signOutOf,
  startTestWeb,
  type TestWeb,
  until,
} from "./testing.ts";

let web: TestWeb;
let identity: AgentIdentity;
let stranger: AgentIdentity;
let agent: PlayedAgent;
let cookie: string;
let instance: { id: string; guestId: string };
beforeAll(async () => {
  web = await startTestWeb();
  cookie = (await signIn(web.env, "mina")).cookie ?? "";
  identity = await join(web.joinToken, "host");
  agent = playAgent(web, identity);
  instance = await agent.runningInstance(cookie);
  const admin = (await signIn(web.env, "admin")).cookie ?? "";
  const invitation = await callTrpc(web.env, admin, { path: "admin.hypervisor.createJoinToken", input: {} });
  const token = /--token (\S+)/.exec(z.object({ command: z.string() }).parse(invitation.data).command)?.[1];
  stranger = await join(token ?? "", "stranger");
}, 180_000);
afterAll(() => web.close(), 60_000);

async function join(token: string, name: string): Promise<AgentIdentity> {
  const joined = await joinAs(web.env, token, name);
  if (!joined.identity) throw new Error(`not joined: ${joined.answer.body}`);
  return joined.identity;
}

const opened = z.object({ consoleId: z.string(), ticket: z.string(), path: z.string() });
async function ticketFor(as = cookie, kind = "vnc") {
  const input = { projectId: web.projectId, id: instance.id, kind };
  const { data } = await callTrpc(web.env, as, { path: "instance.openConsole", input });
  return opened.parse(data);
}
const browse = (path: string, as = cookie) =>
  connect(`ws://127.0.0.1:${web.env.port}${path}`, { cookie: as, origin: web.env.url });
const dial = (url: string, secret: string, { key, cert, ca }: AgentIdentity) =>
  connect(url, { "x-madang-console": secret }, { key, cert, ca });
const lines = (action: string) =>
  web.database.prisma.event.count({ where: { resourceId: instance.id, action } });
const giveBack = () =>
  web.database.prisma.consoleSession.updateMany({
    data: { closedAt: new Date() },
    where: { closedAt: null },
  });

test("a ticket that is forged, another console's, another session's or expired opens nothing and leaves no line", async () => {
  const before = await lines("console.open");
  const [one, two] = [await ticketFor(), await ticketFor()];
  const other = (await signIn(web.env, "mina")).cookie ?? "";
  const admin = (await signIn(web.env, "admin")).cookie ?? "";
  const at = (consoleId: string, ticket: string) => `/ws/console/${consoleId}?ticket=${ticket}`;
  const forged = randomBytes(32).toString("base64url");
  const wrong = [
    browse(at(one.consoleId, forged)),
    browse(at(one.consoleId, "")),
    browse(at(one.consoleId, `${one.ticket}%00`)),
    browse(at(one.consoleId, one.ticket.toUpperCase())),
    browse(at(one.consoleId, two.ticket)),
    browse(at(crypto.randomUUID(), one.ticket)),
    browse(at(one.consoleId, one.ticket), other),
    browse(at(one.consoleId, one.ticket), admin),
  ];
  for (const attempt of wrong) {
    expect(await attempt.closed).toBe(4001);
    expect(attempt.messages).toEqual([]);
  }
  await web.database.prisma.consoleSession.update({
    where: { id: two.consoleId },
    data: { expiresAt: new Date(Date.now() - 1_000) },
  });
  expect(await browse(two.path).closed).toBe(4001);
  const pages = ["https://evil.example", "null"];
  for (const origin of pages) {
    const foreign = connect(`ws://127.0.0.1:${web.env.port}${one.path}`, { cookie, origin });
    expect(await foreign.opened).toBe(false);
  }
  expect(await browse(one.path, "next-auth.session-token=forged").opened).toBe(false);
  expect(await lines("console.open")).toBe(before);
  // None of these attempts has used it up.
  const right = browse(one.path);
  expect(await right.opened).toBe(true);
  await until(async () => (await lines("console.open")) === before + 1);
  right.socket.close();
  await giveBack();
});

test("one ticket on ten sockets at the same moment opens one console", async () => {
  const before = await lines("console.open");
  const { path, consoleId } = await ticketFor();
  const attempts = Array.from({ length: 10 }, () => browse(path));
  const refused = new Set<object>();
  for (const attempt of attempts) void attempt.closed.then((code) => code === 4001 && refused.add(attempt));
  await until(() => refused.size === 9);
  const [winner] = attempts.filter((attempt) => !refused.has(attempt));
  const order = await agent.consoleOrder(consoleId);
  const line = dial(order.url, order.secret, identity);
  expect(await line.opened).toBe(true);
  line.socket.send(Buffer.from("for one alone"));
  await until(() => Buffer.concat(winner?.messages ?? []).toString() === "for one alone");
  for (const attempt of attempts) if (attempt !== winner) expect(attempt.messages).toEqual([]);
  winner?.socket.close();
  await line.closed;
  expect(await lines("console.open")).toBe(before + 1);
  await until(async () => (await lines("console.close")) === (await lines("console.open")));
  await giveBack();
});

test("a ticket is worth nothing after its session or its holder's role was revoked", async () => {
  const before = await lines("console.open");
  const own = (await signIn(web.env, "mina")).cookie ?? "";
  const gone = await ticketFor(own);
  await signOutOf(web.env, own);
  expect(await browse(gone.path, own).opened).toBe(false);
  const kept = await ticketFor();
  const { prisma } = web.database;
  const mina = await prisma.user.findFirstOrThrow({ where: { name: "mina" } });
  const role = { userId: mina.id, projectId: web.projectId };
  await prisma.roleAssignment.deleteMany({ where: role });
  expect(await browse(kept.path).closed).toBe(4001);
  // A reader may read the log, and a ticket for the log opens no keyboard.
  await prisma.roleAssignment.create({ data: { ...role, role: "reader" } });
  const refused = await callTrpc(web.env, cookie, {
    path: "instance.openConsole",
    input: { projectId: web.projectId, id: instance.id, kind: "serial" },
  });
  expect(refused.error.cloud).toMatchObject({ code: "Forbidden", reason: "roleTooWeak" });
  await prisma.roleAssignment.create({ data: { ...role, role: "member" } });
  expect(await lines("console.open")).toBe(before);
  await giveBack();
});

test("a dial that is forged, replayed, another hypervisor's or for another console is refused and harms nobody", async () => {
  const { path, consoleId } = await ticketFor();
  const browser = browse(path);
  expect(await browser.opened).toBe(true);
  const order = await agent.consoleOrder(consoleId);
  const elsewhere = order.url.replace(consoleId, crypto.randomUUID());
  const wrong = [
    dial(order.url, randomBytes(32).toString("base64url"), identity),
    dial(order.url, "", identity),
    dial(order.url, order.secret.toLowerCase(), identity),
    dial(elsewhere, order.secret, identity),
    dial(order.url, order.secret, stranger),
    connect(order.url, { "x-madang-console": order.secret }, { ca: identity.ca }),
  ];
  for (const attempt of wrong) expect(await attempt.opened).toBe(false);
  const [first, second] = [dial(order.url, order.secret, identity), dial(order.url, order.secret, identity)];
  expect([await first.opened, await second.opened].toSorted()).toEqual([false, true]);
  const line = (await first.opened) ? first : second;
  browser.socket.send(Buffer.from("RFB 003.008\n"));
  await until(() => Buffer.concat(line.messages).toString() === "RFB 003.008\n");
  expect(await dial(order.url, order.secret, identity).opened).toBe(false);
  // The stranger's own snapshot does not tell of it, and he is not served the other's guest.
  expect((await playAgent(web, stranger).pull()).consoles).toEqual([]);
  browser.socket.close();
  await line.closed;
  expect(await dial(order.url, order.secret, identity).opened).toBe(false);
});
