/** Two web processes over one database: it does not matter at which of them a browser, an agent or a console is. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import WebSocket from "ws";
import { z } from "zod";
import { type SeveralCloud, startSeveral, type Web } from "../../controller/src/testing/several-cloud.ts";
import { type Visitor, visit } from "../../controller/src/testing/visitor.ts";
import { eventually } from "../../controller/src/testing/whole-cloud.ts";

const patience = { timeout: 300_000 };

let cloud: SeveralCloud;
/** The agent begins at A. */
let webA: Web;
let webB: Web;
let atA: Visitor;
let atB: Visitor;
beforeAll(async () => {
  cloud = await startSeveral({ webs: 2, controllers: 1, agents: 1 });
  [webA, webB] = two(cloud.webs);
  [atA, atB] = [await visit(webA, await cloud.signIn(webA)), await visit(webB, await cloud.signIn(webB))];
}, 300_000);
afterAll(() => cloud?.close(), 60_000);

function two<T>([first, second]: readonly T[]): [T, T] {
  if (first === undefined || second === undefined) throw new Error("not two");
  return [first, second];
}

const event = z.object({ id: z.string(), resourceId: z.string(), action: z.string() });
const message = z.object({
  result: z.object({
    data: z.object({
      json: z.object({
        id: z.string(),
        data: z.object({ type: z.string(), events: z.array(event).default([]) }),
      }),
    }),
  }),
});
type Heard = z.infer<typeof event>;

type Stream = {
  events: Heard[];
  types: string[];
  cursor: () => string | null;
  closed: Promise<number>;
  close: () => void;
};

/** One tab's subscription; it has answered once when this resolves. */
async function listen(
  web: Web,
  cookie: string,
  projectId: string,
  lastEventId?: string | null,
): Promise<Stream> {
  const socket = new WebSocket(`${web.url.replace("http", "ws")}/ws/trpc`, {
    headers: { cookie, origin: web.url },
  });
  const heard: Omit<Stream, "cursor" | "closed" | "close"> = { events: [], types: [] };
  let cursor: string | null = lastEventId ?? null;
  socket.on("error", () => {});
  socket.on("message", (data) => {
    if (String(data) === "PING") return socket.send("PONG");
    const parsed = message.safeParse(JSON.parse(String(data)));
    if (!parsed.success) return;
    const { id, data: said } = parsed.data.result.data.json;
    cursor = id;
    heard.types.push(said.type);
    heard.events.push(...said.events);
  });
  const closed = new Promise<number>((resolve) => socket.once("close", resolve));
  await new Promise<void>((resolve, reject) => {
    socket.once("open", () => resolve());
    socket.once("error", reject);
  });
  const input = { json: { projectId, lastEventId } };
  socket.send(JSON.stringify({ id: 1, method: "subscription", params: { path: "event.stream", input } }));
  await eventually(async () => heard.types.length > 0);
  return { ...heard, cursor: () => cursor, closed, close: () => socket.terminate() };
}

const opened = z.object({ consoleId: z.string(), path: z.string() });
type Console = {
  text: () => string;
  type: (text: string) => void;
  closed: Promise<number>;
  opened: Promise<boolean>;
};

/** A ticket from one process, redeemed at another. */
async function ticketFor(visitor: Visitor, id: string, kind: string): Promise<string> {
  return opened.parse(await visitor.act("openConsole", id, { kind })).path;
}

function redeem(web: Web, cookie: string, path: string): Console {
  const socket = new WebSocket(`${web.url.replace("http", "ws")}${path}`, {
    headers: { cookie, origin: web.url },
  });
  const chunks: Buffer[] = [];
  socket.on("message", (data) => chunks.push(Buffer.isBuffer(data) ? data : Buffer.from(String(data))));
  const isOpen = new Promise<boolean>((resolve) => {
    socket.once("open", () => resolve(true));
    socket.once("error", () => resolve(false));
  });
  return {
    text: () => Buffer.concat(chunks).toString("latin1"),
    type: (text) => socket.send(Buffer.from(text)),
    opened: isOpen,
    closed: new Promise<number>((resolve) => socket.once("close", resolve)),
  };
}

const signOut = (web: Web, cookie: string) =>
  fetch(`${web.url}/api/trpc/account.signOut`, {
    method: "POST",
    headers: { cookie, origin: web.url, "content-type": "application/json" },
  });

async function active(): Promise<string> {
  const [id = ""] = await atA.launch();
  await atB.becomes(id, "ACTIVE");
  return id;
}

const running = ["instance.create", "instance.scheduled", "instance.running"];

describe("two web processes", patience, () => {
  it("shows at one of them what a user and an agent do at the other, each thing once", async () => {
    expect(await cloud.agents[0]?.logs()).not.toContain("speaking to the next web process");
    const streams = [
      await listen(webA, atA.cookie(), atA.projectId),
      await listen(webB, atA.cookie(), atA.projectId),
    ];
    const asked = performance.now();
    const [id = ""] = await atA.launch();
    const heard = ({ events }: Stream) =>
      events.filter(({ resourceId }) => resourceId === id).map(({ action }) => action);
    for (const stream of streams) await eventually(async () => heard(stream).length === running.length);
    console.info(
      `launch at A, agent at A: running shown at B after ${Math.round(performance.now() - asked)} ms`,
    );
    for (const stream of streams) {
      expect(heard(stream)).toEqual(running);
      stream.close();
    }
    await atB.act("delete", id);
    await eventually(() => atA.isGone(id));
  });

  it.each([
    ["serial", "hostname\r", "several"],
    ["vnc", "", "RFB 003.008"],
    ["log", "", "MADANG-READY"],
  ])(
    "opens %s at B with A's ticket while the agent pulls from A, at one of two that try at once",
    async (kind, typed, said) => {
      const id = await active();
      const path = await ticketFor(atA, id, kind);
      const tries = [redeem(webA, atA.cookie(), path), redeem(webB, atA.cookie(), path)];
      const lost = await Promise.race(
        tries.map(async ({ closed }, index) => ({ index, code: await closed })),
      );
      expect(lost.code).toBe(4001);
      const won = tries[1 - lost.index];
      if (typed) won?.type(typed);
      await eventually(async () => won?.text().includes(said) === true);
      const later = redeem(webB, atA.cookie(), path);
      expect(await later.closed).toBe(4001);

      const other = redeem(webB, atA.cookie(), await ticketFor(atA, id, kind));
      if (typed) {
        expect(await other.opened).toBe(true);
        other.type("hostname\r");
      }
      await eventually(async () => other.text().includes(said));
      await atA.act("delete", id);
      await eventually(() => atB.isGone(id));
    },
  );

  it("ends a session's streams and consoles at B when it signs out at A", async () => {
    const id = await active();
    const session = await cloud.signIn(webA);
    const { cookie } = session;
    const seat = await visit(webA, session);
    const stream = await listen(webB, cookie(), seat.projectId);
    const screen = redeem(webB, cookie(), await ticketFor(seat, id, "vnc"));
    await eventually(async () => screen.text().includes("RFB"));
    const before = performance.now();
    expect((await signOut(webA, cookie())).status).toBe(200);
    expect(await screen.closed).toBe(4004);
    const consoleMs = performance.now() - before;
    await eventually(async () => stream.types.includes("ended"));
    const streamMs = performance.now() - before;
    console.info(
      `signed out at A: console at B ended after ${Math.round(consoleMs)} ms, stream after ${Math.round(streamMs)} ms`,
    );
    stream.close();
    await atA.act("delete", id);
    await eventually(() => atB.isGone(id));
  });

  it("goes on at B when A is killed: agent, streams without a gap, consoles told and closed", async () => {
    const id = await active();
    const stream = await listen(webA, atA.cookie(), atA.projectId);
    const screen = redeem(webA, atA.cookie(), await ticketFor(atA, id, "vnc"));
    await eventually(async () => screen.text().includes("RFB"));
    const [other = ""] = await atB.launch("meanwhile");
    await eventually(async () => stream.events.some(({ resourceId }) => resourceId === other));
    await webA.kill();
    expect(await screen.closed).toBe(1006);
    await stream.closed;
    await atB.act("stop", id);
    await atB.becomes(id, "SHUTOFF");
    expect(await cloud.agents[0]?.logs()).toContain("speaking to the next web process");

    const resumed = await listen(webB, atA.cookie(), atA.projectId, stream.cursor());
    await atB.act("start", id);
    await atB.becomes(id, "ACTIVE");
    await atB.becomes(other, "ACTIVE");
    const both = () => [...stream.events, ...resumed.events];
    for (const one of [id, other])
      await eventually(async () => {
        const heard = both().filter(({ resourceId }) => resourceId === one);
        const told = await atB.actions(one);
        return told.slice(-heard.length).join() === heard.map(({ action }) => action).join();
      });
    const ids = both().map((one) => one.id);
    expect(new Set(ids).size, "nothing twice").toBe(ids.length);
    const heardOf = both()
      .filter(({ resourceId }) => resourceId === id)
      .map(({ action }) => action);
    expect(heardOf.filter((action) => action !== "console.close")).toEqual([
      "console.open",
      "instance.stop",
      "instance.stopped",
      "instance.start",
      "instance.running",
    ]);
    await eventually(async () => (await atB.actions(id)).includes("console.close"));
    expect((await atB.actions(id)).filter((action) => action === "console.close")).toHaveLength(1);

    webA.start();
    await eventually(async () => (await fetch(`${webA.url}/api/health`)).status === 200);
    for (const one of [id, other]) await atA.act("delete", one);
    for (const one of [id, other]) await eventually(() => atA.isGone(one));
    expect(await cloud.agents[0]?.guests()).toEqual([]);
    resumed.close();
  });
});
