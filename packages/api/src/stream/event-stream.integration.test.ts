import { appendEvent, type NewEvent, readEventsAfter } from "@madang/db";
import { isTrackedEnvelope } from "@trpc/server";
import { afterAll, beforeAll, expect, test } from "vitest";
import { assignRole, removeRole } from "../admission/user.ts";
import { readIdentity } from "../identity.ts";
import { openTestCloud, type Person, type TestCloud } from "../testing.ts";
import { streamAccount } from "./account-stream.ts";
import type { EventReader } from "./event-reader.ts";
import { type StreamMessage, streamEvents } from "./event-stream.ts";

let cloud: TestCloud;
beforeAll(async () => {
  cloud = await openTestCloud();
});
afterAll(() => cloud.close());

function eventOf(action: string, projectId: string | null): NewEvent {
  const resource = { resourceKind: "instance", resourceId: crypto.randomUUID(), resourceName: "web" };
  return { projectId, actorKind: "user", actorName: "test", action, result: "accepted", ...resource };
}

const write = (action: string, projectId: string | null = cloud.projectId) =>
  cloud.database.prisma.$transaction((tx) => appendEvent(tx, eventOf(action, projectId)));

type Reader = {
  actions: string[];
  messages: StreamMessage[];
  ids: string[];
  end: () => Promise<void>;
  until: (found: () => boolean) => Promise<void>;
};

/** `lastEventId`: where it resumes. Its listener is there when this resolves. */
async function open(
  person: Person,
  projectId: string | null,
  lastEventId: string | null = null,
): Promise<Reader> {
  const identity = await readIdentity(cloud.database, cloud.sessions[person]);
  if (!identity) throw new Error("no such session");
  const ending = new AbortController();
  const permission = projectId === null ? "system:read" : "event:list";
  const stream = streamEvents(cloud.deps, { identity, permission, projectId, lastEventId }, ending.signal);
  const reader = { actions: [] as string[], messages: [] as StreamMessage[], ids: [] as string[] };
  let wake = () => {};
  const take = (value: unknown) => {
    if (!isTrackedEnvelope<StreamMessage>(value)) throw new Error("not tracked");
    reader.ids.push(value[0]);
    reader.messages.push(value[1]);
    if (value[1].type === "events") reader.actions.push(...value[1].events.map(({ action }) => action));
    wake();
  };
  take((await stream.next()).value);
  const running = (async () => {
    for await (const message of stream) take(message);
  })();
  const until = async (found: () => boolean) => {
    while (!found()) await new Promise<void>((resolve) => (wake = resolve));
  };
  const end = async () => {
    ending.abort();
    await running;
  };
  return { ...reader, until, end };
}

test("a transaction that commits after a hundred later ones loses and reorders nothing", async () => {
  const mine = await open("member", cloud.projectId);
  const all = await open("cloudAdmin", null);
  const held = await cloud.database.pool.connect();
  await held.query("BEGIN");
  await held.query(
    `INSERT INTO event (project_id, actor_kind, actor_name, resource_kind, resource_id, resource_name, action, result)
     VALUES ($1, 'user', 'test', 'instance', gen_random_uuid(), 'web', 'held', 'accepted')`,
    [cloud.projectId],
  );
  const actions = Array.from({ length: 100 }, (_, index) => `later-${String(index).padStart(3, "0")}`);
  for (const action of actions) await write(action);
  cloud.deps.hints.publish("event");
  await write("elsewhere", cloud.otherProjectId);
  // Whoever looks now is shown nothing that could still be preceded.
  expect(await readEventsAfter(cloud.database.pool, all.ids[0] ?? "")).toEqual([]);
  expect(mine.actions).toEqual([]);
  await held.query("COMMIT");
  held.release();
  await write("last");
  await Promise.all([
    mine.until(() => mine.actions.includes("last")),
    all.until(() => all.actions.includes("last")),
  ]);
  expect(mine.actions).toEqual(["held", ...actions, "last"]);
  expect(all.actions.filter((action) => action !== "elsewhere")).toEqual(mine.actions);
  expect(all.actions).toContain("elsewhere");
  await Promise.all([mine.end(), all.end()]);
});

test("what holds in every project is named to each, live and caught up, without the event itself", async () => {
  const about = (kind: string, actorId: string | null): NewEvent => ({
    ...eventOf("of-all", null),
    ...{ resourceKind: kind, resourceId: crypto.randomUUID(), actorId },
  });
  const own = await readIdentity(cloud.database, cloud.sessions.member);
  const told = [about("quota", null), about("key_pair", own?.userId ?? null)];
  const others = [about("key_pair", crypto.randomUUID()), about("user", null)];
  const mine = await open("member", cloud.projectId);
  for (const event of [...others, ...told])
    await cloud.database.prisma.$transaction((tx) => appendEvent(tx, event));
  await write("behind");
  await mine.until(() => mine.actions.includes("behind"));
  const again = await open("member", cloud.projectId, mine.ids[0] ?? null);
  await again.until(() => again.actions.includes("behind"));
  for (const { messages, actions } of [mine, again]) {
    const named = messages.flatMap((message) => (message.type === "events" ? message.resources : []));
    const ids = named.filter(({ kind }) => kind !== "instance").map(({ id }) => id);
    expect(ids).toEqual(expect.arrayContaining(told.map(({ resourceId }) => resourceId)));
    expect(ids).not.toEqual(expect.arrayContaining([others[0]?.resourceId]));
    expect(ids).not.toEqual(expect.arrayContaining([others[1]?.resourceId]));
    expect(actions).not.toContain("of-all");
  }
  await Promise.all([mine.end(), again.end()]);
});

test("who comes back resumes where he was, without a gap and without his neighbours' events", async () => {
  const first = await open("member", cloud.projectId);
  await write("before");
  await first.until(() => first.actions.includes("before"));
  await first.end();
  const lastEventId = first.ids.at(-1) ?? null;
  for (let index = 0; index < 30; index++) {
    await write(`missed-${index}`);
    await write("foreign", cloud.otherProjectId);
  }
  const again = await open("member", cloud.projectId, lastEventId);
  await write("after");
  await again.until(() => again.actions.includes("after"));
  expect(again.actions).toEqual([...Array.from({ length: 30 }, (_, index) => `missed-${index}`), "after"]);
  await again.end();
});

test("a cursor that is not of this cloud, or too far back, must resync", async () => {
  const future = await open("member", cloud.projectId, "99999999999:1");
  expect(future.messages[0]).toEqual({ type: "resync" });
  await future.end();
  const start = await open("member", cloud.projectId);
  const cursor = start.ids[0] ?? null;
  const { pool } = cloud.database;
  await pool.query(
    `INSERT INTO event (project_id, actor_kind, actor_name, resource_kind, resource_id, resource_name, action, result)
     SELECT $1, 'user', 'test', 'instance', gen_random_uuid(), 'web', 'many', 'accepted' FROM generate_series(1, 1500)`,
    [cloud.projectId],
  );
  await start.until(() => start.actions.filter((action) => action === "many").length === 1500);
  await start.end();
  const behind = await open("member", cloud.projectId, cursor);
  await behind.until(() => behind.messages.some(({ type }) => type === "resync"));
  await behind.end();
});

test("a role that is taken away, and a session that is revoked, end the stream", async () => {
  const { prisma } = cloud.database;
  const member = await open("member", cloud.projectId);
  const reader = await open("reader", cloud.projectId);
  await prisma.roleAssignment.deleteMany({ where: { userId: cloud.users.member } });
  await prisma.session.update({ where: { id: cloud.sessions.reader }, data: { revokedAt: new Date() } });
  await member.until(() => member.messages.some(({ type }) => type === "ended"));
  await reader.until(() => reader.messages.some(({ type }) => type === "ended"));
  expect(member.messages.at(-1)).toEqual({ type: "ended", reason: "accessRevoked" });
  expect(reader.messages.at(-1)).toEqual({ type: "ended", reason: "signedOut" });
  await write("secret");
  await Promise.all([member.end(), reader.end()]);
  expect([...member.actions, ...reader.actions]).not.toContain("secret");
});

test("a person's own stream says what he may do, whenever that changes, until his session ends", async () => {
  const identity = await readIdentity(cloud.database, cloud.sessions.nobody);
  if (!identity) throw new Error("no such session");
  const stream = streamAccount(cloud.deps, identity, new AbortController().signal);
  const next = async () => (await stream.next()).value;
  const grants = (projects: object) => ({ type: "grants", grants: { system: [], projects } });
  expect(await next()).toEqual(grants({}));
  await assignRole(cloud.database.prisma, cloud.users.nobody, cloud.otherProjectId, "reader");
  expect(await next()).toEqual(grants({ [cloud.otherProjectId]: ["reader"] }));
  await removeRole(cloud.database.prisma, cloud.users.nobody, cloud.otherProjectId, "reader");
  expect(await next()).toEqual(grants({}));
  const of = { where: { id: cloud.sessions.nobody } };
  await cloud.database.prisma.session.update({ ...of, data: { revokedAt: new Date() } });
  expect(await next()).toEqual({ type: "ended", reason: "signedOut" });
  expect((await stream.next()).done).toBe(true);
});

test("a browser that does not read is told to resync, and costs no more memory", async () => {
  const identity = await readIdentity(cloud.database, cloud.sessions.manager);
  if (!identity) throw new Error("no such session");
  const ending = new AbortController();
  const of = { identity, permission: "event:list", projectId: cloud.projectId, lastEventId: null } as const;
  const stream = streamEvents(cloud.deps, of, ending.signal);
  await stream.next();
  const watcher = await open("admin", cloud.projectId);
  for (let batch = 0; batch < 3; batch++) {
    await cloud.database.pool.query(
      `INSERT INTO event (project_id, actor_kind, actor_name, resource_kind, resource_id, resource_name, action, result)
       SELECT $1, 'user', 'test', 'instance', gen_random_uuid(), 'web', 'flood-' || $2, 'accepted' FROM generate_series(1, 500)`,
      [cloud.projectId, batch],
    );
    cloud.deps.hints.publish("event");
    await watcher.until(() => watcher.actions.filter((action) => action === `flood-${batch}`).length === 500);
  }
  const { value } = await stream.next();
  expect(value?.[1]).toEqual({ type: "resync" });
  ending.abort();
  await stream.return();
  await watcher.end();
});

test("no message carries a cursor behind events that it does not bring", async () => {
  const { cursor: start, off } = await cloud.deps.events.subscribe({
    onEvents: () => {},
    onTouched: () => {},
    onStalled: () => {},
  });
  off();
  await write("told.late");
  const [told] = await readEventsAfter(cloud.database.pool, start, 500).then((events) => events.slice(-1));
  if (!told) throw new Error("nothing was written");
  const identity = await readIdentity(cloud.database, cloud.sessions.manager);
  if (!identity) throw new Error("no such session");
  const events: EventReader = {
    lagMs: () => 0,
    close: async () => {},
    // What the reader says when the trail can be read again, all in one breath.
    subscribe: async (listener) => {
      listener.onStalled(false);
      listener.onEvents([told], told.cursor);
      return { cursor: start, off: () => {} };
    },
  };
  const of = { identity, permission: "event:list", projectId: cloud.projectId, lastEventId: null } as const;
  const stream = streamEvents({ ...cloud.deps, events }, of, new AbortController().signal);
  const types: string[] = [];
  while (types.length < 3) {
    const { value } = await stream.next();
    if (!isTrackedEnvelope<StreamMessage>(value)) throw new Error("not tracked");
    types.push(value[1].type === "events" ? `events ${value[1].events.length}` : value[1].type);
  }
  await stream.return(undefined);
  expect(types).toEqual(["events 0", "events 1", "stalled"]);
});

test("a browser is told when the trail can't be read, and again when it can, and then misses nothing", async () => {
  const mine = await open("manager", cloud.projectId);
  const hide = (from: string, to: string) => cloud.database.pool.query(`ALTER TABLE ${from} RENAME TO ${to}`);
  await hide("event", "event_hidden");
  try {
    await mine.until(() => mine.messages.some(({ type }) => type === "stalled"));
    expect(mine.messages.at(-1)).toEqual({ type: "stalled", stalled: true });
    const late = await open("manager", cloud.projectId);
    await late.until(() => late.messages.some(({ type }) => type === "stalled"));
    await late.end();
  } finally {
    await hide("event_hidden", "event");
  }
  await write("stalled.over");
  await mine.until(() => mine.actions.includes("stalled.over"));
  const told = () => mine.messages.flatMap((one) => (one.type === "stalled" ? [one.stalled] : []));
  await mine.until(() => told().length > 1);
  expect(told()).toEqual([true, false]);
  await mine.end();
});

test("after the trail could not be read for a moment, whoever watches is told to look anew", async () => {
  const mine = await open("manager", cloud.projectId);
  const hide = (from: string, to: string) => cloud.database.pool.query(`ALTER TABLE ${from} RENAME TO ${to}`);
  await hide("event", "event_hidden");
  try {
    await expect
      .poll(() => cloud.deps.events.lagMs(), { timeout: 20_000, interval: 10 })
      .toBeGreaterThan(2_000);
  } finally {
    await hide("event_hidden", "event");
  }
  const isOver = (message: StreamMessage) => message.type === "stalled" && !message.stalled;
  await mine.until(() => mine.messages.some(isOver));
  await mine.end();
});
