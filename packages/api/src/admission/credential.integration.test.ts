import { afterAll, beforeAll, expect, test } from "vitest";
import {
  callerAs,
  launchOf,
  openTestCloud,
  type Person,
  programWith,
  refusal,
  type TestCloud,
} from "../testing.ts";
import { credentialsPerPerson } from "./credential.ts";
import { assignRole, removeRole } from "./user.ts";

let cloud: TestCloud;
beforeAll(async () => {
  cloud = await openTestCloud();
});
afterAll(() => cloud.close());

type Wish = Parameters<ReturnType<typeof callerAs>["credential"]["create"]>[0];

function wish(fields: Partial<Wish> = {}): Wish {
  return {
    id: crypto.randomUUID(),
    projectId: cloud.projectId,
    name: `robot ${crypto.randomUUID()}`,
    roles: ["member"],
    expiresAt: null,
    accessRules: null,
    ...fields,
  };
}

const make = (person: Person, fields: Partial<Wish> = {}) =>
  callerAs(cloud, person).credential.create(wish(fields));

const program = (bearer: string, address?: string) => programWith(cloud, bearer, address);

const refused = { code: "Unauthenticated" };

test("a program does what its role allows, as its owner, and the trail names the credential", async () => {
  const { bearer, id, secret } = await make("member", { name: "night shift" });
  const launched = await program(bearer).instance.launch(launchOf(cloud));
  const row = await cloud.database.prisma.instance.findFirstOrThrow({ where: { id: launched.ids[0] ?? "" } });
  expect(row.userId).toBe(cloud.users.member);
  const events = await cloud.database.prisma.event.findMany({ where: { actorId: cloud.users.member } });
  expect(events.map(({ action, params }) => [action, params])).toEqual([
    ["application_credential.create", {}],
    ["instance.create", expect.objectContaining({ credential: "night shift" })],
  ]);
  const kept = JSON.stringify(
    [events, await cloud.database.prisma.applicationCredential.findUniqueOrThrow({ where: { id } })],
    (_key, value: unknown) => (typeof value === "bigint" ? String(value) : value),
  );
  expect(kept).not.toContain(secret);
  expect(bearer).toBe(`madang.${id}.${secret}`);
});

test("nobody gives away what he has not: stronger roles, other projects, calls that programs may not make", async () => {
  const reasonOf = async (person: Person, fields: Partial<Wish>) =>
    (await refusal(make(person, fields))).reason;
  expect(await reasonOf("reader", { roles: ["member"] })).toBe("roleNotHeld");
  expect(await reasonOf("member", { roles: ["member", "manager"] })).toBe("roleNotHeld");
  expect(await reasonOf("manager", { roles: ["admin"] })).toBe("roleNotHeld");
  expect(await reasonOf("member", { projectId: cloud.otherProjectId })).toBe("projectNotFound");
  for (const rule of ["instance.explode", "nothing.*", "admin.*", "admin.overview", "credential.create"])
    expect(await reasonOf("member", { accessRules: [rule] }), rule).toBe("accessRuleUnknown");
  expect(await reasonOf("member", { accessRules: ["event.stream"] })).toBe("accessRuleUnknown");
  expect(await reasonOf("member", { accessRules: [] })).toBe("accessRulesRequired");
  expect(await reasonOf("member", { roles: [] })).toBe("rolesRequired");
  expect(await reasonOf("member", { expiresAt: new Date(0) })).toBe("expiryPast");
  for (const person of ["reader", "member", "manager", "cloudAdmin"] as const)
    expect((await make(person, { roles: ["reader"] })).secret).toMatch(/^[\w-]{43}$/);
  expect((await make("cloudAdmin", { roles: ["admin"] })).bearer).toMatch(/^madang\./);
});

test("making one asks for a password that was given lately", async () => {
  const { prisma } = cloud.database;
  const where = { id: cloud.sessions.reader };
  await prisma.session.update({ where, data: { confirmedAt: new Date(Date.now() - 3_600_000) } });
  expect((await refusal(make("reader", { roles: ["reader"] }))).reason).toBe("confirmNeeded");
  await prisma.session.update({ where, data: { confirmedAt: new Date() } });
  await make("reader", { roles: ["reader"] });
});

test("a name is one person's once; sent twice it is made once, and its secret is not told again", async () => {
  const mine = wish({ name: "deploy" });
  const { credential } = callerAs(cloud, "member");
  const both = await Promise.allSettled([credential.create(mine), credential.create(mine)]);
  expect(both.map(({ status }) => status).toSorted()).toEqual(["fulfilled", "rejected"]);
  expect((await refusal(credential.create(mine))).reason).toBe("credentialMadeBefore");
  expect((await refusal(credential.create({ ...mine, name: "else" }))).reason).toBe("idInUse");
  expect((await refusal(make("member", { name: "deploy" }))).reason).toBe("nameTaken");
  await make("manager", { name: "deploy" });
  expect(await cloud.database.prisma.applicationCredential.count({ where: { name: "deploy" } })).toBe(2);
});

test("it sees one project and its owner's own things, and neither the cloud nor the account", async () => {
  const { bearer } = await make("cloudAdmin", { roles: ["admin"] });
  const robot = program(bearer);
  const me = await robot.account.me();
  expect(me).toMatchObject({ isAdmin: false, sessionId: null, grants: { system: [] } });
  expect(me.projects.map(({ id }) => id)).toEqual([cloud.projectId]);
  const { projectId } = cloud;
  expect((await refusal(robot.project.get({ projectId: cloud.otherProjectId }))).reason).toBe(
    "projectNotFound",
  );
  const weak = [
    () => robot.admin.hypervisor.list({}),
    () => robot.account.changePassword({ current: "a", next: "b" }),
    () => robot.credential.list({ projectId }),
    () => robot.credential.create(wish()),
    () => robot.instance.openConsole({ projectId, id: crypto.randomUUID(), kind: "vnc" }),
    () => robot.instance.openConsole({ projectId, id: crypto.randomUUID(), kind: "log" }),
  ];
  for (const attempt of weak) expect((await refusal(attempt())).reason).toBe("credentialTooWeak");
  const stream = await robot.event.stream({ projectId, lastEventId: null });
  const first = stream[Symbol.asyncIterator]().next();
  await expect(first).rejects.toMatchObject({ options: { reason: "sessionNeeded" } });
});

test("access rules bind, also for what concerns oneself", async () => {
  const { projectId } = cloud;
  const one = program((await make("member", { accessRules: ["instance.list"] })).bearer);
  expect((await one.instance.list({ projectId })).items.length).toBeGreaterThanOrEqual(0);
  expect((await refusal(one.instance.launch(launchOf(cloud)))).reason).toBe("credentialTooWeak");
  expect((await refusal(one.account.me())).reason).toBe("credentialTooWeak");
  const all = program((await make("member", { accessRules: ["instance.*", "image.list"] })).bearer);
  await all.instance.launch(launchOf(cloud));
  expect((await refusal(all.keyPair.list({}))).reason).toBe("credentialTooWeak");
});

test("with a reader's role it changes nothing of its owner's either", async () => {
  const robot = program((await make("member", { roles: ["reader"] })).bearer);
  const { projectId } = cloud;
  await robot.keyPair.list({});
  const generate = robot.keyPair.generate({ id: crypto.randomUUID(), name: "k", type: "ed25519", projectId });
  expect((await refusal(generate)).reason).toBe("credentialTooWeak");
  expect((await refusal(robot.keyPair.delete({ id: crypto.randomUUID() }))).reason).toBe("credentialTooWeak");
  expect((await refusal(robot.instance.launch(launchOf(cloud)))).reason).toBe("roleTooWeak");
});

test("it ends at once: deleted, expired, its owner disabled or without the role, its project disabled", async () => {
  const { prisma } = cloud.database;
  const { id, bearer } = await make("member", { expiresAt: new Date(Date.now() + 3_600_000) });
  const { projectId } = cloud;
  const look = () => program(bearer).instance.list({ projectId });
  const launch = () => program(bearer).instance.launch(launchOf(cloud));
  await look();
  await prisma.applicationCredential.update({ where: { id }, data: { expiresAt: new Date(Date.now() - 1) } });
  expect(await refusal(look())).toMatchObject({ ...refused, reason: "credentialRefused" });
  await prisma.applicationCredential.update({ where: { id }, data: { expiresAt: null } });
  const user = { where: { id: cloud.users.member } };
  await prisma.user.update({ ...user, data: { enabled: false } });
  expect(await refusal(look())).toMatchObject(refused);
  await prisma.user.update({ ...user, data: { enabled: true } });
  await prisma.project.update({ where: { id: projectId }, data: { enabled: false } });
  expect(await refusal(look())).toMatchObject(refused);
  await prisma.project.update({ where: { id: projectId }, data: { enabled: true } });
  await removeRole(prisma, cloud.users.member, projectId, "member");
  expect((await refusal(launch())).reason).toBe("credentialRefused");
  await assignRole(prisma, cloud.users.member, projectId, "reader");
  expect((await refusal(launch())).reason).toBe("credentialRefused");
  await assignRole(prisma, cloud.users.member, projectId, "member");
  await removeRole(prisma, cloud.users.member, projectId, "reader");
  await launch();
  await callerAs(cloud, "member").credential.delete({ projectId, id });
  expect(await refusal(look())).toMatchObject(refused);
});

test("everybody sees and deletes his own, a manager all of the project", async () => {
  const { projectId } = cloud;
  const { id } = await make("member", { name: "listed" });
  const named = async (person: Person, filter?: { mine: boolean }) => {
    const { items } = await callerAs(cloud, person).credential.list({ projectId, limit: 500, filter });
    return items.filter(({ name }) => name === "listed").map(({ owner }) => owner.name);
  };
  expect(await named("member")).toEqual(["member"]);
  expect(await named("reader")).toEqual([]);
  expect(await named("manager")).toEqual(["member"]);
  expect(await named("manager", { mine: true })).toEqual([]);
  expect(await named("cloudAdmin")).toEqual(["member"]);
  const remove = (person: Person) => callerAs(cloud, person).credential.delete({ projectId, id });
  expect((await refusal(remove("reader"))).reason).toBe("credentialNotFound");
  const elsewhere = callerAs(cloud, "outsider").credential.delete({ projectId: cloud.otherProjectId, id });
  expect((await refusal(elsewhere)).reason).toBe("credentialNotFound");
  await remove("manager");
  expect((await refusal(remove("member"))).reason).toBe("credentialNotFound");
});

test("its use is noted at most once a minute", async () => {
  const { prisma } = cloud.database;
  const { id, bearer } = await make("member");
  const lastUsed = async () =>
    (await prisma.applicationCredential.findUniqueOrThrow({ where: { id } })).lastUsedAt?.getTime() ?? null;
  expect(await lastUsed()).toBeNull();
  await program(bearer).account.me();
  const first = await lastUsed();
  expect(first).not.toBeNull();
  await program(bearer).account.me();
  expect(await lastUsed()).toBe(first);
  const earlier = new Date((first ?? 0) - 61_000);
  await prisma.applicationCredential.update({ where: { id }, data: { lastUsedAt: earlier } });
  await program(bearer).account.me();
  expect(await lastUsed()).toBeGreaterThan(earlier.getTime());
});

test("guessing is bounded by address, and slows nobody who knows", async () => {
  const { id, bearer } = await make("member");
  const guess = () =>
    refusal(program(`madang.${id}.${"x".repeat(43)}`, "198.51.100.9").account.me()).then(({ code }) => code);
  const codes: string[] = [];
  for (let count = 0; count < 65; count++) codes.push(await guess());
  expect(codes.filter((code) => code === "Unauthenticated")).toHaveLength(60);
  expect(codes.at(-1)).toBe("TooManyRequests");
  expect((await program(bearer, "198.51.100.9").account.me()).user.name).toBe("member");
});

test("its calls are its owner's turns, and a guess at it takes none of them", async () => {
  const { calls } = cloud.deps.limits;
  const { bearer } = await make("member");
  await program(bearer).account.me();
  await callerAs(cloud, "member").account.me();
  const { promise, resolve } = Promise.withResolvers<void>();
  let inside = 0;
  const work = async () => {
    inside += 1;
    await promise;
  };
  const own = { sessionId: null, bearer, address: "192.0.2.1" };
  const session = { sessionId: cloud.sessions.member, bearer: null, address: "192.0.2.2" };
  const running = [own, session].flatMap((caller) =>
    Array.from({ length: 10 }, () => calls.run(caller, work)),
  );
  await new Promise(setImmediate);
  expect(inside).toBe(6);
  const guess = { sessionId: null, bearer: `${bearer.slice(0, -1)}!`, address: "198.51.100.1" };
  expect(await calls.run(guess, async () => "in a line of its own")).toBe("in a line of its own");
  resolve();
  await Promise.all(running);
});

test("one person has a bounded number of them", async () => {
  const { prisma } = cloud.database;
  const { users, projectId } = cloud;
  const rows = Array.from({ length: credentialsPerPerson }, (_, index) => ({
    id: crypto.randomUUID(),
    userId: users.outsider,
    projectId,
    name: `${index}`,
    secretHash: "",
    roles: [],
  }));
  await prisma.applicationCredential.createMany({ data: rows });
  const refusedOne = await refusal(make("outsider", { projectId: cloud.otherProjectId }));
  expect(refusedOne).toMatchObject({ reason: "credentialLimit", params: { limit: credentialsPerPerson } });
});

test("it goes with its owner's last role in the project, and does not come back with him", async () => {
  const { projectId, users, database } = cloud;
  const { id, bearer } = await make("member", {});
  const manager = callerAs(cloud, "manager");
  const { groupId } = await asGroupMember("member");
  await manager.member.remove({ projectId, kind: "user", id: users.member });
  await program(bearer).instance.list({ projectId });
  await callerAs(cloud, "cloudAdmin").admin.group.setMembers({
    id: groupId,
    add: [],
    remove: [users.member],
  });
  await manager.member.add({ projectId, kind: "user", name: "member", role: "member" });
  expect(await refusal(program(bearer).instance.list({ projectId }))).toMatchObject(refused);
  const events = await database.prisma.event.findMany({ where: { resourceId: id } });
  expect(events.map(({ action, actorName }) => [action, actorName])).toEqual([
    ["application_credential.create", "member"],
    ["application_credential.delete", "cloudAdmin"],
  ]);
});

/** A group with the person in it that has the role of a member, too. */
async function asGroupMember(person: Person): Promise<{ groupId: string }> {
  const [groupId, name] = [crypto.randomUUID(), `group-${crypto.randomUUID()}`];
  const { group } = callerAs(cloud, "cloudAdmin").admin;
  await group.create({ id: groupId, name });
  await group.setMembers({ id: groupId, add: [cloud.users[person]], remove: [] });
  const { projectId } = cloud;
  await callerAs(cloud, "manager").member.add({ projectId, kind: "group", name, role: "member" });
  return { groupId };
}
