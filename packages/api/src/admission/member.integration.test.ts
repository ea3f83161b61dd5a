import type { Role } from "@madang/core/identity/permission";
import { afterAll, beforeAll, expect, test } from "vitest";
import { newSecret, readCredentialIdentity } from "../credential.ts";
import { callerAs, launchOf, openTestCloud, type Person, refusal, type TestCloud } from "../testing.ts";
import { firstPassword as password, peopleOf } from "../testing-people.ts";

let cloud: TestCloud;
beforeAll(async () => {
  cloud = await openTestCloud();
});
afterAll(() => cloud.close());

const { as, admin, makeUser, nameOf, giveSession, lastEvent, watchProject, watchConsole } = peopleOf(
  () => cloud,
);

const ref = () => ({ projectId: cloud.projectId, kind: "user" as const });
const rolesIn = async (id: string) => {
  const page = await as("reader").member.list({ projectId: cloud.projectId, filter: { text: id } });
  return page.items[0]?.roles.map(({ role }) => role) ?? [];
};

test("a manager adds by name or e-mail, sees who gave what, and adding again changes nothing", async () => {
  const id = crypto.randomUUID();
  const name = "박 e\u0301 <script>";
  await admin().user.create({ id, name, email: "Park@Example.org", password });
  const added = await as("manager").member.add({ ...ref(), name: "park@example.org", role: "member" });
  expect(added).toEqual({ id, name });
  const { id: event, changes } = await lastEvent("member.add");
  expect(changes).toEqual({ roles: ["", "member"] });
  expect(await as("manager").member.add({ ...ref(), name, role: "member" })).toEqual(added);
  expect((await lastEvent("member.add")).id).toBe(event);
  expect(await refusal(as("manager").member.add({ ...ref(), name, role: "reader" }))).toMatchObject({
    reason: "alreadyMember",
  });
  const { items } = await as("reader").member.list({ projectId: cloud.projectId, filter: { text: name } });
  expect(items).toMatchObject([{ kind: "user", name, roles: [{ role: "member", by: "manager" }], via: [] }]);
  expect(
    await refusal(as("manager").member.add({ ...ref(), name: "no such", role: "reader" })),
  ).toMatchObject({
    reason: "userNotFound",
    field: "name",
  });
});

test("an address that two people claim names nobody", async () => {
  const { prisma } = cloud.database;
  const ids = [await makeUser(), await makeUser()];
  await prisma.user.updateMany({ where: { id: { in: ids } }, data: { email: "both@example.org" } });
  const attempt = as("manager").member.add({ ...ref(), name: "both@example.org", role: "reader" });
  expect(await refusal(attempt)).toMatchObject({ reason: "emailAmbiguous" });
});

test("nobody gives or takes what is above him", async () => {
  const id = await makeUser();
  const [name, admins, manager] = [await nameOf(id), as("admin").member, as("manager").member];
  expect(await refusal(manager.add({ ...ref(), name, role: "admin" }))).toMatchObject({
    reason: "roleAboveOwn",
  });
  await admins.add({ ...ref(), name, role: "admin" });
  expect(await refusal(manager.remove({ ...ref(), id }))).toMatchObject({ reason: "roleAboveOwn" });
  expect(await refusal(manager.setRoles({ ...ref(), id, roles: ["member"] }))).toMatchObject({
    reason: "roleAboveOwn",
  });
  await manager.setRoles({ ...ref(), id, roles: ["admin", "member"] });
  expect(await rolesIn(id)).toEqual(["admin", "member"]);
  await admins.setRoles({ ...ref(), id, roles: ["manager"] });
  await manager.remove({ ...ref(), id });
  await manager.remove({ ...ref(), id });
  expect(await rolesIn(id)).toEqual([]);
});

test("of two managers who change one member at once, the later is told", async () => {
  const id = await makeUser();
  await as("manager").member.add({ ...ref(), name: await nameOf(id), role: "member" });
  const change = (person: Person, roles: Role[]) =>
    as(person).member.setRoles({ ...ref(), id, roles, was: ["member"] });
  const results = await Promise.allSettled([change("manager", ["reader"]), change("admin", ["manager"])]);
  expect(results.map(({ status }) => status).toSorted()).toEqual(["fulfilled", "rejected"]);
  const won = results[0]?.status === "fulfilled" ? "reader" : "manager";
  expect(await rolesIn(id)).toEqual([won]);
  await change("admin", [won]);
  const late = await refusal(change("manager", [won === "reader" ? "manager" : "reader"]));
  expect(late).toMatchObject({ code: "Conflict", reason: "changedMeanwhile" });
});

test("two managers who remove each other at once: one of them is out, and could no longer", async () => {
  for (let round = 0; round < 8; round++) {
    const made = await Promise.all(
      [0, 1].map(async () => {
        const id = await makeUser();
        await cloud.database.prisma.user.update({ where: { id }, data: { mustChangePassword: false } });
        await as("admin").member.add({ ...ref(), name: await nameOf(id), role: "manager" });
        return { id, sessionId: await giveSession(id) };
      }),
    );
    const strike = (by = 0, at = 1) =>
      callerAs(
        { ...cloud, sessions: { ...cloud.sessions, nobody: made[by]?.sessionId ?? "" } },
        "nobody",
      ).member.remove({
        ...ref(),
        id: made[at]?.id ?? "",
      });
    const results = await Promise.allSettled([strike(0, 1), strike(1, 0)]);
    expect(results.map(({ status }) => status).toSorted()).toEqual(["fulfilled", "rejected"]);
  }
});

test("whoever is removed is out on everything open, and his credential in the project stops", async () => {
  const id = await makeUser();
  const sessionId = await giveSession(id);
  await as("manager").member.add({ ...ref(), name: await nameOf(id), role: "member" });
  const { secret, secretHash } = newSecret();
  const credential = crypto.randomUUID();
  await cloud.database.prisma.applicationCredential.create({
    data: {
      id: credential,
      userId: id,
      projectId: cloud.projectId,
      name: "ci",
      secretHash,
      roles: ["member"],
    },
  });
  const [stream, console] = [await watchProject(sessionId), await watchConsole(sessionId)];
  await as("manager").member.remove({ ...ref(), id });
  expect(await Promise.all([stream.ended, console.ended])).toEqual(["accessRevoked", "accessRevoked"]);
  const left = await readCredentialIdentity(cloud.database, `madang.${credential}.${secret}`);
  expect(left?.grants.projects[cloud.projectId] ?? []).toEqual([]);
});

test("a role that goes while he launches: launched or refused, nothing between", async () => {
  const { prisma } = cloud.database;
  for (let round = 0; round < 6; round++) {
    const id = await makeUser();
    await prisma.user.update({ where: { id }, data: { mustChangePassword: false } });
    const sessionId = await giveSession(id);
    await as("manager").member.add({ ...ref(), name: await nameOf(id), role: "member" });
    const mine = callerAs({ ...cloud, sessions: { ...cloud.sessions, nobody: sessionId } }, "nobody");
    const launch = launchOf(cloud, { name: `race-${round}` });
    const launching = mine.instance.launch(launch).then(
      () => null,
      (error: unknown) => refusal(Promise.reject(error)),
    );
    await Promise.all([launching, as("manager").member.remove({ ...ref(), id })]);
    const refused = await launching;
    const made = await prisma.instance.count({ where: { id: { in: launch.ids } } });
    expect(made).toBe(refused ? 0 : 1);
    if (refused) expect(["projectNotFound", "roleTooWeak", "quotaExceeded"]).toContain(refused.reason);
    await prisma.instance.deleteMany({ where: { id: { in: launch.ids } } });
  }
});

test("whoever is deleted while he launches: launched for the project, or refused in words", async () => {
  const { prisma } = cloud.database;
  for (let round = 0; round < 6; round++) {
    const id = await makeUser();
    const name = await nameOf(id);
    await prisma.user.update({ where: { id }, data: { mustChangePassword: false } });
    const sessionId = await giveSession(id);
    await as("manager").member.add({ ...ref(), name, role: "member" });
    const mine = callerAs({ ...cloud, sessions: { ...cloud.sessions, nobody: sessionId } }, "nobody");
    const launch = launchOf(cloud, { name: `last-${round}` });
    const launching = mine.instance.launch(launch).then(
      () => "ok",
      async (error: unknown) => (await refusal(Promise.reject(error))).reason,
    );
    await Promise.all([launching, admin().user.delete({ id, name })]);
    const outcome = await launching;
    expect(["ok", "signInNeeded", "projectNotFound", "busy"]).toContain(outcome);
    const made = await prisma.instance.findMany({ where: { id: { in: launch.ids } } });
    expect(made.map(({ userId }) => userId)).toEqual(outcome === "ok" ? [null] : []);
    await prisma.instance.deleteMany({ where: { id: { in: launch.ids } } });
  }
});

test("changes that meet a deletion: done or not found, never a fault or a deadlock", async () => {
  const settle = (attempt: Promise<unknown>) =>
    attempt.then(
      () => "ok",
      async (error: unknown) => (await refusal(Promise.reject(error))).reason,
    );
  for (let round = 0; round < 12; round++) {
    const id = await makeUser();
    const group = { id: crypto.randomUUID(), name: `meets ${round} ${id}` };
    await admin().group.create(group);
    await admin().group.setMembers({ id: group.id, add: [id] });
    const name = await nameOf(id);
    await as("manager").member.add({ ...ref(), name, role: "member" });
    await as("manager").member.add({ ...ref(), kind: "group", name: group.name, role: "reader" });
    const outcomes = await Promise.all([
      settle(as("manager").member.setRoles({ ...ref(), id, roles: ["reader"] })),
      settle(as("manager").member.setRoles({ ...ref(), kind: "group", id: group.id, roles: ["member"] })),
      settle(admin().user.delete({ id, name })),
      settle(admin().group.setMembers({ id: group.id, remove: [id] })),
      settle(admin().group.delete({ id: group.id })),
    ]);
    const allowed = ["ok", "memberNotFound", "userNotFound", "groupNotFound"];
    expect(outcomes.filter((outcome) => !allowed.includes(outcome))).toEqual([]);
    expect(outcomes[2]).toBe("ok");
    expect(outcomes[4]).toBe("ok");
  }
});

test("each tab is judged by its own project", async () => {
  const id = await makeUser();
  await cloud.database.prisma.user.update({ where: { id }, data: { mustChangePassword: false } });
  const sessionId = await giveSession(id);
  const name = await nameOf(id);
  await as("manager").member.add({ ...ref(), name, role: "manager" });
  await as("outsider").member.add({ ...ref(), projectId: cloud.otherProjectId, name, role: "reader" });
  const mine = callerAs({ ...cloud, sessions: { ...cloud.sessions, nobody: sessionId } }, "nobody");
  const here = await watchProject(sessionId);
  const there = await watchProject(sessionId, cloud.otherProjectId);
  const add = (projectId: string) => mine.member.add({ ...ref(), projectId, name: "reader", role: "reader" });
  await add(cloud.projectId);
  expect(await refusal(add(cloud.otherProjectId))).toMatchObject({ reason: "roleTooWeak" });
  await as("outsider").member.remove({ ...ref(), projectId: cloud.otherProjectId, id });
  expect(await there.ended).toBe("accessRevoked");
  await mine.member.list({ projectId: cloud.projectId });
  await as("manager").member.remove({ ...ref(), id });
  expect(await here.ended).toBe("accessRevoked");
});

test("lists name groups, who is there by a group alone, and a disabled one", async () => {
  const id = await makeUser();
  const group = { id: crypto.randomUUID(), name: "by group alone" };
  await admin().group.create(group);
  await admin().group.setMembers({ id: group.id, add: [id] });
  await as("manager").member.add({ ...ref(), kind: "group", name: group.name, role: "member" });
  await admin().user.setEnabled({ id, enabled: false });
  const of = async (text: string) =>
    (await as("reader").member.list({ projectId: cloud.projectId, filter: { text } })).items;
  expect(await of(id)).toMatchObject([{ enabled: false, roles: [], via: [{ ...group, roles: ["member"] }] }]);
  expect(await of(group.name)).toMatchObject([{ kind: "group", members: 1, roles: [{ role: "member" }] }]);
  const setRoles = as("manager").member.setRoles({ ...ref(), id, roles: ["reader"] });
  expect(await refusal(setRoles)).toMatchObject({ reason: "memberNotFound" });
  const first = await as("reader").member.list({ projectId: cloud.projectId, limit: 2 });
  const rest = await as("reader").member.list({
    projectId: cloud.projectId,
    cursor: first.nextCursor,
    limit: 500,
  });
  expect(first.items.length + rest.items.length).toBe(first.total);
});

test("looking names up is counted", async () => {
  const attempts = Array.from({ length: 70 }, (_, index) =>
    as("outsider").member.add({
      projectId: cloud.otherProjectId,
      kind: "user",
      name: `guess-${index}`,
      role: "reader",
    }),
  );
  const reasons = await Promise.all(attempts.map(async (attempt) => (await refusal(attempt)).reason));
  expect(reasons).toContain("tooManyRequests");
  expect(reasons.filter((reason) => reason === "userNotFound").length).toBeLessThanOrEqual(60);
});
