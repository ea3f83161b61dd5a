import { afterAll, beforeAll, expect, test } from "vitest";
import {
  acceptDial,
  type ConsoleDeps,
  claimControl,
  closeStaleConsoles,
  consolesInControl,
  endedConsoles,
  redeemTicket,
} from "./console-ticket.ts";
import { callerAs, launchOf, openTestCloud, placeGuest, refusal, type TestCloud } from "./testing.ts";

let cloud: TestCloud;
let deps: ConsoleDeps;
let instanceId: string;
let hypervisorId: string;
const base = "wss://127.0.0.1:1";
beforeAll(async () => {
  cloud = await openTestCloud();
  deps = { ...cloud.deps, database: cloud.database };
  const input = launchOf(cloud);
  await callerAs(cloud, "member").instance.launch(input);
  instanceId = input.ids[0] ?? "";
  hypervisorId = (await placeGuest(cloud.database, instanceId, { observed: "running" })).hypervisorId;
});
afterAll(() => cloud.close());

const open = (kind: "vnc" | "serial" = "vnc") =>
  callerAs(cloud, "member").instance.openConsole({ projectId: cloud.projectId, id: instanceId, kind });

const redeem = (consoleId: string, ticket: string, sessionId = cloud.sessions.member) =>
  redeemTicket(deps, { consoleId, ticket, sessionId, internalUrl: `${base}/console/${consoleId}` });

test("a ticket opens once, in the session that asked for it; only its hash is kept", async () => {
  const { consoleId, ticket, path } = await open();
  expect(path).toBe(`/ws/console/${consoleId}?ticket=${ticket}`);
  expect(JSON.stringify(await cloud.database.prisma.consoleSession.findMany())).not.toContain(ticket);
  expect(await redeem(consoleId, ticket, cloud.sessions.manager)).toBeNull();
  expect(await redeem(consoleId, `${ticket}x`)).toBeNull();
  expect(await redeem(crypto.randomUUID(), ticket)).toBeNull();
  const attempts = await Promise.all(Array.from({ length: 5 }, () => redeem(consoleId, ticket)));
  const opened = attempts.filter((one) => one !== null);
  expect(opened).toHaveLength(1);
  expect(opened[0]).toMatchObject({ hypervisorId, console: { id: consoleId, kind: "vnc" } });
  expect(JSON.stringify(await cloud.database.prisma.consoleSession.findMany())).not.toContain(
    opened[0]?.secret,
  );
});

test("a ticket that is too old opens nothing", async () => {
  const { consoleId, ticket } = await open();
  const row = await cloud.database.prisma.consoleSession.findUniqueOrThrow({ where: { id: consoleId } });
  expect(row.expiresAt.getTime() - row.createdAt.getTime()).toBeLessThan(31_000);
  await cloud.database.prisma.consoleSession.update({
    where: { id: consoleId },
    data: { expiresAt: new Date(Date.now() - 1) },
  });
  expect(await redeem(consoleId, ticket)).toBeNull();
});

test("only the guest's own hypervisor may dial, once", async () => {
  const { consoleId, ticket } = await open();
  expect(await acceptDial(cloud.database, consoleId, hypervisorId)).toBe(false);
  await redeem(consoleId, ticket);
  expect(await acceptDial(cloud.database, consoleId, crypto.randomUUID())).toBe(false);
  expect(await acceptDial(cloud.database, consoleId, hypervisorId)).toBe(true);
  expect(await acceptDial(cloud.database, consoleId, hypervisorId)).toBe(false);
});

const as = (person: "member" | "manager") => ({
  open: (kind: "vnc" | "serial", viewOnly = false) =>
    callerAs(cloud, person).instance.openConsole({
      projectId: cloud.projectId,
      id: instanceId,
      kind,
      viewOnly,
    }),
  control: (kind: "vnc" | "serial", to: string | null) =>
    callerAs(cloud, person).instance.controlConsole({ projectId: cloud.projectId, id: instanceId, kind, to }),
});

/** Opens it as the relay does, and answers its id. */
async function claimed(person: "member" | "manager", kind: "vnc" | "serial", viewOnly = false) {
  const { consoleId, ticket } = await as(person).open(kind, viewOnly);
  const opened = await redeem(consoleId, ticket, cloud.sessions[person]);
  if (opened) await claimControl(deps, opened.console);
  return consoleId;
}

test("one at a time is in control: who came first, until another takes it, is given it, or it is laid down", async () => {
  const { prisma } = cloud.database;
  await prisma.consoleSession.updateMany({ data: { closedAt: new Date() } });
  const looking = await claimed("member", "vnc", true);
  const mine = await claimed("member", "vnc");
  const theirs = await claimed("manager", "vnc");
  const line = await claimed("manager", "serial");
  const all = [looking, mine, theirs, line];
  const inControl = async () => [...(await consolesInControl(cloud.database, all))];
  expect(new Set(await inControl())).toEqual(new Set([mine, line]));
  const told = () => prisma.event.count({ where: { resourceId: instanceId, action: "console.control" } });
  const before = await told();

  await as("manager").control("vnc", theirs);
  await as("manager").control("vnc", theirs);
  expect(new Set(await inControl())).toEqual(new Set([theirs, line]));
  expect(await told(), "asked twice, told once").toBe(before + 1);
  const list = await callerAs(cloud, "member").instance.consoles({
    projectId: cloud.projectId,
    id: instanceId,
  });
  expect(list.map(({ id, inControl, own }) => [id, inControl, own])).toEqual([
    [looking, false, true],
    [mine, false, true],
    [theirs, true, false],
    [line, true, false],
  ]);
  await as("manager").control("vnc", looking);
  await as("manager").control("serial", null);
  expect(await inControl()).toEqual([looking]);
  // A line is no screen, and what is closed can't be in control.
  expect(await refusal(as("member").control("serial", mine))).toMatchObject({ reason: "consoleGone" });
  await prisma.consoleSession.update({ where: { id: mine }, data: { closedAt: new Date() } });
  expect(await refusal(as("member").control("vnc", mine))).toMatchObject({ reason: "consoleGone" });
  expect(await inControl()).toEqual([looking]);

  const again = await claimed("member", "vnc");
  expect(await consolesInControl(cloud.database, [...all, again])).toEqual(new Set([again]));
  const wishes = [theirs, again, theirs, again].map((to) => as("manager").control("vnc", to));
  await Promise.all(wishes);
  expect((await consolesInControl(cloud.database, [...all, again])).size, "whoever came last").toBe(1);
});

test("an instance has a bounded number of consoles, and what was left behind gives its place back", async () => {
  const { prisma } = cloud.database;
  await prisma.consoleSession.updateMany({ data: { closedAt: new Date() } });
  for (let index = 0; index < 16; index++) await open();
  expect(await refusal(open())).toMatchObject({ code: "TooManyRequests", reason: "tooManyConsoles" });
  await prisma.consoleSession.updateMany({ data: { expiresAt: new Date(Date.now() - 120_000) } });
  await closeStaleConsoles(deps, base, new Date());
  const { consoleId, ticket } = await open();
  await redeem(consoleId, ticket);
  await closeStaleConsoles(deps, "wss://127.0.0.1:2", new Date(Date.now() + 1_000));
  expect(await endedConsoles(cloud.database, [consoleId])).toEqual([]);
  await closeStaleConsoles(deps, base, new Date(Date.now() + 1_000));
  expect(await endedConsoles(cloud.database, [consoleId])).toEqual([{ id: consoleId, cause: "closed" }]);
});

test("the consoles of a web process that is gone are closed and told in the trail; those of a living one stay", async () => {
  const { prisma } = cloud.database;
  await prisma.consoleSession.updateMany({ data: { closedAt: new Date() } });
  const startedAt = new Date(0);
  const life = (port: number, secondsAgo: number) => ({
    id: crypto.randomUUID(),
    kind: "web",
    host: "here",
    pid: port,
    version: "test",
    startedAt: new Date(),
    lastSeenAt: new Date(Date.now() - secondsAgo * 1_000),
    detail: { agentUrl: `https://127.0.0.1:${port}` },
  });
  await prisma.process.createMany({ data: [life(1, 60), life(2, 0)] });
  const opened = [await open(), await open()];
  for (const [index, { consoleId, ticket }] of opened.entries()) {
    const internalUrl = `wss://127.0.0.1:${index + 1}/console/${consoleId}`;
    expect(
      await redeemTicket(deps, { consoleId, ticket, sessionId: cloud.sessions.member, internalUrl }),
    ).not.toBeNull();
  }
  const ids = opened.map(({ consoleId }) => consoleId);
  await closeStaleConsoles(deps, "wss://127.0.0.1:3", startedAt);
  expect(await endedConsoles(cloud.database, ids), "just opened: it may still be starting").toEqual([]);
  await prisma.consoleSession.updateMany({
    where: { id: { in: ids } },
    data: { redeemedAt: new Date(Date.now() - 30_000), agentDialledAt: new Date() },
  });
  const told = () => prisma.event.count({ where: { resourceId: instanceId, action: "console.close" } });
  const before = await told();
  await closeStaleConsoles(deps, "wss://127.0.0.1:3", startedAt);
  expect(await endedConsoles(cloud.database, ids)).toEqual([{ id: ids[0], cause: "closed" }]);
  expect((await told()) - before).toBe(1);
  await closeStaleConsoles(deps, "wss://127.0.0.1:3", startedAt);
  expect((await told()) - before).toBe(1);

  await prisma.hypervisor.update({ where: { id: hypervisorId }, data: { revokedAt: new Date() } });
  expect(await endedConsoles(cloud.database, [ids[1] ?? ""])).toEqual([{ id: ids[1], cause: "hypervisor" }]);
});

test("a console whose session ended says so, even when it was closed as stale before anybody looked", async () => {
  const { prisma } = cloud.database;
  await prisma.consoleSession.updateMany({ data: { closedAt: new Date() } });
  const { consoleId, ticket } = await open();
  await redeem(consoleId, ticket);
  await prisma.session.update({
    where: { id: cloud.sessions.member },
    data: { revokedAt: new Date() },
  });
  await closeStaleConsoles(deps, base, new Date());
  expect(await endedConsoles(cloud.database, [consoleId])).toEqual([{ id: consoleId, cause: "session" }]);
});
