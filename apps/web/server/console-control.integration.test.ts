/** Several browsers at one console of a played agent: what the guest's side receives, and from whom. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { z } from "zod";
import { type PlayedAgent, playAgent } from "./testing/played-agent.ts";
import {
  type AgentIdentity,
  callTrpc,
  connect,
  joinAs,
  signIn,
  startTestWeb,
  type TestWeb,
  until,
} from "./testing.ts";

let web: TestWeb;
let identity: AgentIdentity;
let agent: PlayedAgent;
let cookies: string[];
let instance: { id: string; guestId: string };
beforeAll(async () => {
  web = await startTestWeb();
  cookies = [(await signIn(web.env, "mina")).cookie ?? "", (await signIn(web.env, "mina")).cookie ?? ""];
  const joined = await joinAs(web.env, web.joinToken, "host");
  if (!joined.identity) throw new Error(`not joined: ${joined.answer.body}`);
  identity = joined.identity;
  agent = playAgent(web, identity);
  instance = await agent.runningInstance(cookies[0] ?? "");
}, 180_000);
afterAll(() => web.close(), 60_000);

const opened = z.object({ consoleId: z.string(), path: z.string() });
type Kind = "vnc" | "serial";

/** A browser of one of the two sessions, and the agent's end of its line. */
async function sit(who: number, kind: Kind, viewOnly = false) {
  const cookie = cookies[who] ?? "";
  const input = { projectId: web.projectId, id: instance.id, kind, viewOnly };
  const { data } = await callTrpc(web.env, cookie, { path: "instance.openConsole", input });
  const { consoleId, path } = opened.parse(data);
  const browser = connect(`ws://127.0.0.1:${web.env.port}${path}`, { cookie, origin: web.env.url });
  expect(await browser.opened).toBe(true);
  const { url, secret } = await agent.consoleOrder(consoleId);
  const { key, cert, ca } = identity;
  const line = connect(url, { "x-madang-console": secret }, { key, cert, ca });
  expect(await line.opened).toBe(true);
  const heard = () => Buffer.concat(line.messages);
  return { consoleId, browser, line, heard, send: (bytes: Buffer) => browser.socket.send(bytes) };
}
type Seat = Awaited<ReturnType<typeof sit>>;

const control = (who: number, kind: Kind, to: string | null) =>
  callTrpc(web.env, cookies[who] ?? "", {
    path: "instance.controlConsole",
    input: { projectId: web.projectId, id: instance.id, kind, to },
  });
const leave = async (...seats: Seat[]) => {
  for (const { browser } of seats) browser.socket.close();
  await Promise.all(seats.map(({ line }) => line.closed));
  const open = () => web.database.prisma.consoleSession.count({ where: { closedAt: null } });
  await until(async () => (await open()) === 0);
};

const hello = Buffer.concat([Buffer.from("RFB 003.008\n"), Buffer.of(1, 1)]);
const key = (down: number) => Buffer.of(4, down, 0, 0, 0, 0, 0, 0x61);
const request = Buffer.of(3, 1, 0, 0, 0, 0, 0, 10, 0, 10);
const ends = (seat: Seat, bytes: Buffer) => () => seat.heard().subarray(-bytes.length).equals(bytes);

test("a graphic console has one keyboard: the others watch, what they type never leaves the relay, and what was held is let go", async () => {
  const first = await sit(0, "vnc");
  const second = await sit(1, "vnc");
  for (const seat of [first, second]) seat.send(hello);
  first.send(key(1));
  second.send(Buffer.concat([key(1), request, key(0), request]));
  await until(ends(first, key(1)));
  await until(ends(second, Buffer.concat([request, request])));
  expect(second.heard()).toEqual(Buffer.concat([hello, request, request]));

  const { status } = await control(1, "vnc", second.consoleId);
  expect(status).toBe(200);
  await until(ends(first, key(0)));
  expect(first.heard()).toEqual(Buffer.concat([hello, key(1), key(0)]));
  first.send(Buffer.concat([key(1), request]));
  await until(ends(first, request));
  expect(first.heard()).toEqual(Buffer.concat([hello, key(1), key(0), request]));
  second.send(key(1));
  await until(ends(second, key(1)));
  await leave(first, second);
});

test("on a serial line the same: dropped while another is in control, or nobody, or when only looking", async () => {
  const first = await sit(0, "serial");
  const second = await sit(1, "serial");
  first.line.socket.send(Buffer.from("login: "));
  second.line.socket.send(Buffer.from("login: "));
  for (const seat of [first, second])
    await until(() => Buffer.concat(seat.browser.messages).toString() === "login: ");
  second.send(Buffer.from("dropped"));
  first.send(Buffer.from("kept"));
  await until(() => first.heard().toString() === "kept");
  await answered(second);
  expect(second.heard()).toHaveLength(0);

  await control(0, "serial", null);
  const kept = await untilDropped(first);
  first.send(Buffer.from("nobody's"));
  await answered(first);
  expect(first.heard().toString()).toBe(kept);
  const looking = await sit(0, "serial", true);
  looking.send(Buffer.from("only looking"));
  await answered(looking);
  expect(looking.heard()).toHaveLength(0);
  await leave(first, second, looking);
});

/** Whatever was sent before has been judged, and what was passed has arrived: pings follow it the whole way. */
async function answered({ browser, line }: Seat): Promise<void> {
  for (const { socket } of [browser, line]) {
    const back = new Promise((resolve) => socket.once("pong", resolve));
    socket.ping();
    await back;
  }
}

/** Types until nothing of it arrives any more; answers what had arrived till then. */
async function untilDropped(seat: Seat): Promise<string> {
  await until(async () => {
    const before = seat.heard().length;
    seat.send(Buffer.from("."));
    await answered(seat);
    return seat.heard().length === before;
  });
  return seat.heard().toString();
}

test("who speaks no RFB is put out, and nothing of it reaches the guest", async () => {
  const seat = await sit(0, "vnc");
  seat.send(Buffer.from("GET / HTTP/1.1\r\n"));
  expect(await seat.browser.closed).toBe(1002);
  expect(seat.heard()).toHaveLength(0);
  await leave(seat);
});

test("control is on the trail: who gave it to whom, of which console", async () => {
  const events = await web.database.prisma.event.findMany({
    where: { resourceId: instance.id, action: { in: ["console.control", "console.release"] } },
    orderBy: { id: "asc" },
  });
  expect(events.map(({ action, actorName, params }) => [action, actorName, params])).toEqual([
    ["console.control", "mina", { kind: "vnc", to: "mina" }],
    ["console.release", "mina", { kind: "serial" }],
  ]);
});
