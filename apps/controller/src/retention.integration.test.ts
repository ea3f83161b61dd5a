import {
  appendEvent,
  type Database,
  isCursorKept,
  latestEventCursor,
  openDatabase,
  openQueue,
  readTrail,
  reconcileQueue,
  transaction,
  wakeSoon,
} from "@madang/db";
import { type FreshDatabase, freshDatabase } from "@madang/db/testing";
import { afterAll, beforeAll, expect, it } from "vitest";
import { removeOld } from "./retention.ts";
import { eventually } from "./testing/whole-cloud.ts";

let fresh: FreshDatabase;
let database: Database;
beforeAll(async () => {
  fresh = await freshDatabase();
  database = openDatabase(fresh.url, 4);
});
afterAll(async () => {
  await database?.close();
  await fresh?.drop();
});

const dayMs = 86_400_000;
const ago = (days: number) => new Date(Date.now() - days * dayMs);

async function person() {
  const { prisma } = database;
  const [domainId, userId] = [crypto.randomUUID(), crypto.randomUUID()];
  await prisma.domain.create({ data: { id: domainId, name: domainId } });
  await prisma.user.create({ data: { id: userId, domainId, name: "mina" } });
  return userId;
}

async function session(userId: string, expiresAt: Date, revokedAt: Date | null = null): Promise<string> {
  const id = crypto.randomUUID();
  const seen = { address: "127.0.0.1", userAgent: "test" };
  await database.prisma.session.create({ data: { id, userId, expiresAt, revokedAt, ...seen } });
  return id;
}

async function certificate(
  kind: "ca" | "web" | "hypervisor",
  fields: object,
  subjectId: string = crypto.randomUUID(),
) {
  const id = crypto.randomUUID();
  await database.prisma.certificate.create({ data: { id, kind, subjectId, ...fields } });
  return id;
}

async function left(table: "session" | "certificate" | "joinToken" | "process"): Promise<Set<string>> {
  const { prisma } = database;
  const rows = {
    session: () => prisma.session.findMany({ select: { id: true } }),
    certificate: () => prisma.certificate.findMany({ select: { id: true } }),
    joinToken: () => prisma.joinToken.findMany({ select: { id: true } }),
    process: () => prisma.process.findMany({ select: { id: true } }),
  };
  return new Set((await rows[table]()).map(({ id }) => id));
}

const keepAll = () => ({ database, eventMonths: null });

it("forgets a guest that was left behind after more than a year, unless a hypervisor still tells of it", async () => {
  const { prisma } = database;
  const [fresh, old, told] = [crypto.randomUUID(), crypto.randomUUID(), crypto.randomUUID()];
  await prisma.hypervisor.create({
    data: { id: crypto.randomUUID(), name: "keeper", orphans: [{ guestId: told }] },
  });
  const row = (guestId: string, days: number) => ({ guestId, generation: 3, leftAt: ago(days) });
  await prisma.leftGuest.createMany({ data: [row(fresh, 30), row(old, 401), row(told, 401)] });
  expect((await removeOld(keepAll())).left_guest).toBe(1);
  const kept = (await prisma.leftGuest.findMany()).map(({ guestId }) => guestId);
  expect(kept.toSorted()).toEqual([fresh, told].toSorted());
});

it("removes sessions, tokens and certificates a while after their last use, and no others", async () => {
  const userId = await person();
  const sessions = {
    open: await session(userId, ago(-1)),
    justEnded: await session(userId, ago(1)),
    justRevoked: await session(userId, ago(-1), ago(1)),
    longEnded: await session(userId, ago(31)),
    longRevoked: await session(userId, ago(-1), ago(31)),
  };
  const processId = crypto.randomUUID();
  const about = { kind: "web", host: "here", version: "1", pid: 1, startedAt: ago(9) };
  await database.prisma.process.create({ data: { id: processId, ...about, lastSeenAt: ago(0) } });
  const goneId = crypto.randomUUID();
  await database.prisma.process.create({ data: { id: goneId, ...about, lastSeenAt: ago(2) } });
  const certificates = {
    authority: await certificate("ca", { notAfter: ago(2), requestedAt: ago(4_000) }),
    good: await certificate("hypervisor", { pem: "x", notAfter: ago(-20), requestedAt: ago(10) }),
    waiting: await certificate("hypervisor", { csr: "x", requestedAt: ago(100) }),
    ended: await certificate("hypervisor", { pem: "x", notAfter: ago(2), requestedAt: ago(32) }),
    refused: await certificate("hypervisor", { csr: "x", fault: "no", requestedAt: ago(8) }),
    webNow: await certificate("web", { pem: "x", notAfter: ago(-80), requestedAt: ago(9) }, processId),
    webGone: await certificate("web", { pem: "x", notAfter: ago(-80), requestedAt: ago(9) }, goneId),
  };
  const token = async (expiresAt: Date) => {
    const id = crypto.randomUUID();
    await database.prisma.joinToken.create({ data: { id, tokenHash: id, expiresAt } });
    return id;
  };
  const tokens = { open: await token(ago(-1)), ended: await token(ago(1)), old: await token(ago(8)) };
  const reset = (expiresAt: Date) =>
    database.prisma.passwordReset.create({
      data: { id: crypto.randomUUID(), userId, tokenHash: crypto.randomUUID(), expiresAt },
    });
  const [usableLink] = [await reset(ago(-1)), await reset(ago(8))];
  await database.pool.query(`CREATE SCHEMA rate_limit`);
  await database.pool.query(
    `CREATE TABLE rate_limit.bucket (key text PRIMARY KEY, points int, expire bigint)`,
  );
  const bucket = (key: string, at: Date) =>
    database.pool.query(`INSERT INTO rate_limit.bucket VALUES ($1, 1, $2)`, [key, at.getTime()]);
  await bucket("now", ago(-1));
  await bucket("long ago", ago(1));

  expect(await removeOld(keepAll())).toEqual({
    session: 2,
    process: 1,
    certificate: 3,
    join_token: 1,
    password_reset: 1,
    "rate_limit.bucket": 1,
  });
  const { open, justEnded, justRevoked } = sessions;
  expect(await left("session")).toEqual(new Set([open, justEnded, justRevoked]));
  const { authority, good, waiting, webNow } = certificates;
  expect(await left("certificate")).toEqual(new Set([authority, good, waiting, webNow]));
  expect(await left("joinToken")).toEqual(new Set([tokens.open, tokens.ended]));
  expect(await database.prisma.passwordReset.findMany()).toEqual([usableLink]);
  expect(await left("process")).toEqual(new Set([processId]));
  expect(await removeOld(keepAll())).toEqual({});
});

it("removes more than one statement's share", async () => {
  const userId = await person();
  await database.pool.query(
    `INSERT INTO session (id, user_id, expires_at, address, user_agent)
     SELECT gen_random_uuid(), $1, now() - interval '40 days', '', '' FROM generate_series(1, 5001)`,
    [userId],
  );
  expect(await removeOld(keepAll())).toEqual({ session: 5_001 });
});

const trailLine = {
  actorKind: "user",
  actorName: "mina",
  resourceKind: "instance",
  resourceId: crypto.randomUUID(),
  resourceName: "web",
  result: "succeeded",
};

it("drops whole months of the trail only when told to, and sends who was further back to read anew", async () => {
  const { pool, prisma } = database;
  const append = (action: string, createdAt?: Date) =>
    transaction(prisma, (tx) =>
      appendEvent(tx, { ...trailLine, action, ...(createdAt ? { createdAt } : {}) }),
    );
  const old = ago(100);
  const first = `date_trunc('month', $1::timestamptz AT TIME ZONE 'UTC')`;
  const { rows } = await pool.query<{ name: string; from: string; to: string }>(
    `SELECT to_char(${first}, '"event_"YYYY_MM') AS name, (${first})::text AS from, (${first} + interval '1 month')::text AS to`,
    [old],
  );
  const [month] = rows;
  if (!month) throw new Error("no month");
  await pool.query(
    `CREATE TABLE ${month.name} PARTITION OF event FOR VALUES FROM ('${month.from}Z') TO ('${month.to}Z')`,
  );
  await append("instance.create", old);
  await append("instance.stop", ago(400));
  const before = await latestEventCursor(pool);
  await append("instance.start");
  const after = await latestEventCursor(pool);
  const actions = async () =>
    (await prisma.event.findMany({ orderBy: { id: "asc" } })).map(({ action }) => action);

  expect(await removeOld(keepAll())).toEqual({});
  expect(await actions()).toEqual(["instance.create", "instance.stop", "instance.start"]);
  expect(await isCursorKept(pool, before)).toBe(true);
  expect(await readTrail(database)).toMatchObject({ thisMonth: true, nextMonth: true, stray: true });

  expect(await removeOld({ database, eventMonths: 2 })).toEqual({ event: 2 });
  expect(await actions()).toEqual(["instance.start", "trail.trimmed"]);
  expect(await isCursorKept(pool, before)).toBe(false);
  expect(await isCursorKept(pool, after)).toBe(true);
  expect((await pool.query(`SELECT to_regclass($1) AS there`, [month.name])).rows).toEqual([{ there: null }]);
  expect(await readTrail(database)).toMatchObject({ stray: false });
  expect(await removeOld({ database, eventMonths: 2 })).toEqual({});
});

it("clears the queue of jobs that are done, and leaves those that wait", async () => {
  const boss = await openQueue(fresh.url, true, () => {});
  const jobs = async () =>
    (await database.pool.query("SELECT state::text FROM pgboss.job j ORDER BY j.state")).rows;
  try {
    await wakeSoon(boss, "instance", crypto.randomUUID());
    await boss.fetch(reconcileQueue).then((fetched) => boss.complete(reconcileQueue, fetched[0]?.id ?? ""));
    await wakeSoon(boss, "instance", crypto.randomUUID());
    expect(await jobs()).toEqual([{ state: "created" }, { state: "completed" }]);
    await database.pool.query(
      "UPDATE pgboss.job SET completed_on = now() - interval '1 hour' WHERE state = 'completed'",
    );
    await database.pool.query("UPDATE pgboss.queue SET maintain_on = NULL");
    await eventually(async () => (await jobs()).length === 1);
    expect(await jobs()).toEqual([{ state: "created" }]);
  } finally {
    await boss.stop({ graceful: false });
  }
});
