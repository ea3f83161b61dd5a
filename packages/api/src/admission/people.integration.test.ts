import { randomUUID } from "node:crypto";
import type { Role } from "@madang/core/identity/permission";
import { isTrackedEnvelope } from "@trpc/server";
import fc from "fast-check";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { newSecret, readCredentialIdentity } from "../credential.ts";
import { readIdentity } from "../identity.ts";
import { type StreamMessage, streamEvents } from "../stream/event-stream.ts";
import { callerAs, launchOf, openTestCloud, type Person, refusal, type TestCloud } from "../testing.ts";

let cloud: TestCloud;
beforeAll(async () => {
  cloud = await openTestCloud();
});
afterAll(() => cloud.close());

const password = "a long enough first one";
const as = (person: Person) => callerAs(cloud, person);
const admin = () => as("cloudAdmin").admin;
const sorted = (names: readonly string[]) => names.toSorted();

async function makeUser(name = `p-${randomUUID()}`): Promise<string> {
  const id = randomUUID();
  await admin().user.create({ id, name, password });
  return id;
}

async function giveSession(userId: string): Promise<string> {
  const id = randomUUID();
  const data = { id, userId, expiresAt: new Date(Date.now() + 3_600_000), address: "::1", userAgent: "test" };
  await cloud.database.prisma.session.create({ data });
  return id;
}

async function lastEvent(action: string) {
  return await cloud.database.prisma.event.findFirstOrThrow({ where: { action }, orderBy: { id: "desc" } });
}

/** An open stream of a project, and how it ended. */
async function watchProject(sessionId: string, projectId = cloud.projectId) {
  const identity = await readIdentity(cloud.database, sessionId);
  if (!identity) throw new Error("no such session");
  const of = { identity, permission: "event:list", projectId, lastEventId: null } as const;
  const stream = streamEvents(cloud.deps, of, new AbortController().signal);
  await stream.next();
  const ended = (async () => {
    for await (const message of stream) {
      if (!isTrackedEnvelope<StreamMessage>(message)) throw new Error("not tracked");
      if (message[1].type === "ended") return message[1].reason;
    }
    return null;
  })();
  return { ended };
}

/** A console: whatever is held open is judged by the same watch. */
async function watchConsole(sessionId: string) {
  const identity = await readIdentity(cloud.database, sessionId);
  if (!identity) throw new Error("no such session");
  const of = { identity, permission: "instance:console", projectId: cloud.projectId } as const;
  const ended = new Promise<string>((resolve) => {
    cloud.deps.access.add({ ...of, onEnd: resolve });
  });
  return { ended };
}

describe("users", () => {
  test("a user made twice is one, with a link that lets him set a password, then no other by repeating", async () => {
    const id = randomUUID();
    const wanted = { id, name: "Jiwoo", email: "jiwoo@example.org", description: "new", password: null };
    const first = await admin().user.create(wanted);
    const again = await admin().user.create(wanted);
    const token = (url: string | undefined) => url?.split("/reset-password#token=")[1] ?? "";
    expect(token(again.link?.url)).not.toBe(token(first.link?.url));
    expect(await lastEvent("user.reset-link")).toMatchObject({ resourceName: "Jiwoo" });
    const anybody = callerAs(cloud, null).account.passwordReset;
    expect(await refusal(anybody.look({ token: token(first.link?.url) }))).toMatchObject({
      code: "NotFound",
    });
    expect(await anybody.look({ token: token(again.link?.url) })).toMatchObject({ name: "Jiwoo" });
    await anybody.redeem({ token: token(again.link?.url), password });
    expect((await admin().user.create(wanted)).link).toBeNull();
    expect(await refusal(admin().user.create({ ...wanted, name: "Other" }))).toMatchObject({
      reason: "idInUse",
    });
    const got = await admin().user.get({ id });
    expect(got).toMatchObject({ name: "Jiwoo", email: "jiwoo@example.org", hasPassword: true, projects: 0 });
    expect(await lastEvent("user.create")).toMatchObject({
      resourceName: "Jiwoo",
      changes: { name: [null, "Jiwoo"], email: [null, "jiwoo@example.org"], description: [null, "new"] },
    });
  });

  test("a first password is checked, and must be changed", async () => {
    const id = randomUUID();
    const wanted = { id, name: "first", password: "short" };
    expect(await refusal(admin().user.create(wanted))).toMatchObject({
      reason: "passwordTooShort",
      field: "password",
    });
    await admin().user.create({ ...wanted, password });
    expect(await admin().user.get({ id })).toMatchObject({ mustChangePassword: true, hasPassword: true });
  });

  test("names and e-mail addresses belong to one, also when two are made at the same moment", async () => {
    const make = (email: string) =>
      admin().user.create({ id: randomUUID(), name: "Twice", email, password: null });
    const made = await Promise.allSettled([make("one@example.org"), make("two@example.org")]);
    expect(made.map(({ status }) => status).toSorted()).toEqual(["fulfilled", "rejected"]);
    const sameMail = { id: randomUUID(), name: "Third", email: "JIWOO@example.org", password: null };
    expect(await refusal(admin().user.create(sameMail))).toMatchObject({
      reason: "emailTaken",
      field: "email",
    });
  });

  test("a change says before and after, and none is no event", async () => {
    const id = await makeUser("before");
    await admin().user.update({ id, name: "after", email: "a@example.org" });
    expect(await lastEvent("user.update")).toMatchObject({
      resourceName: "after",
      changes: { name: ["before", "after"], email: [null, "a@example.org"] },
    });
    const { id: last } = await lastEvent("user.update");
    await admin().user.update({ id, name: "after" });
    expect((await lastEvent("user.update")).id).toBe(last);
    expect(await refusal(admin().user.update({ id: randomUUID(), name: "x" }))).toMatchObject({
      reason: "userNotFound",
    });
  });

  test("lists find by name, e-mail and id, by state, and page through without a gap", async () => {
    const names = Array.from({ length: 7 }, (_, index) => `page-${index}-%_\\"'<b>한글😀`);
    const ids: string[] = [];
    for (const name of names) ids.push(await makeUser(name));
    const found: string[] = [];
    let cursor: string | null = null;
    do {
      const page = await admin().user.list({
        filter: { text: '%_\\"' },
        sort: "-lastSignInAt",
        limit: 3,
        cursor,
      });
      expect(page.total).toBe(7);
      found.push(...page.items.map(({ name }) => name));
      cursor = page.nextCursor;
    } while (cursor);
    expect(sorted(found)).toEqual(sorted(names));
    const [first = ""] = ids;
    const byId = await admin().user.list({ filter: { text: first.slice(0, 20) } });
    expect(byId.items.map(({ id }) => id)).toEqual([first]);
    await admin().user.setEnabled({ id: first, enabled: false });
    const off = await admin().user.list({ filter: { text: "page-", state: "disabled" } });
    expect(off.items.map(({ id }) => id)).toEqual([first]);
    for (const sort of ["name", "-name", "email", "createdAt", "lastSignInAt"])
      expect((await admin().user.list({ sort, limit: 2 })).items).toHaveLength(2);
    expect(await refusal(admin().user.list({ filter: { text: "a\0b" } }))).toMatchObject({
      code: "InvalidInput",
    });
    expect(
      await refusal(admin().user.create({ id: randomUUID(), name: "a\0b", password: null })),
    ).toMatchObject({
      code: "InvalidInput",
    });
  });

  test("disabling ends sessions and streams, and application credentials count no more; enabling gives none back", async () => {
    const id = await makeUser();
    await as("admin").member.add({
      projectId: cloud.projectId,
      kind: "user",
      name: await nameOf(id),
      role: "member",
    });
    const sessionId = await giveSession(id);
    const { secret, secretHash } = newSecret();
    const credential = randomUUID();
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
    const bearer = `madang.${credential}.${secret}`;
    expect(await readCredentialIdentity(cloud.database, bearer)).not.toBeNull();
    const [stream, console] = [await watchProject(sessionId), await watchConsole(sessionId)];
    await admin().user.setEnabled({ id, enabled: false });
    expect(await readIdentity(cloud.database, sessionId)).toBeNull();
    expect(await readCredentialIdentity(cloud.database, bearer)).toBeNull();
    expect(await Promise.all([stream.ended, console.ended])).toEqual(["signedOut", "signedOut"]);
    expect(await refusal(admin().user.resetLink({ id }))).toMatchObject({ reason: "userDisabled" });
    await admin().user.setEnabled({ id, enabled: true });
    await admin().user.setEnabled({ id, enabled: true });
    expect(await readIdentity(cloud.database, sessionId)).toBeNull();
    expect(await readCredentialIdentity(cloud.database, bearer)).not.toBeNull();
    expect(await lastEvent("user.enable")).toMatchObject({ changes: { enabled: [false, true] } });
  });

  test("deleting takes what is his with him, leaves what he launched, and needs the name", async () => {
    const { prisma } = cloud.database;
    const id = await makeUser("doomed");
    await as("admin").member.add({
      projectId: cloud.projectId,
      kind: "user",
      name: "doomed",
      role: "member",
    });
    const group = randomUUID();
    await admin().group.create({ id: group, name: "of the doomed" });
    await admin().group.setMembers({ id: group, add: [id] });
    const sessionId = await giveSession(id);
    const launch = launchOf(cloud);
    await as("member").instance.launch(launch);
    const instance = launch.ids[0] ?? "";
    await prisma.instance.update({ where: { id: instance }, data: { userId: id } });
    expect(await admin().user.get({ id })).toMatchObject({
      instances: 1,
      sessions: 1,
      groups: [{ id: group, name: "of the doomed" }],
      projectRoles: [{ name: "garden", roles: [{ role: "member", group: null }] }],
    });
    const open = await watchProject(sessionId);
    expect(await refusal(admin().user.delete({ id, name: "Doomed" }))).toMatchObject({
      reason: "nameDiffers",
    });
    await admin().user.delete({ id, name: "doomed" });
    expect(await open.ended).toBe("signedOut");
    expect(await refusal(admin().user.get({ id }))).toMatchObject({ reason: "userNotFound" });
    expect(await refusal(admin().user.delete({ id, name: "doomed" }))).toMatchObject({
      reason: "userNotFound",
    });
    expect(await prisma.instance.findUniqueOrThrow({ where: { id: instance } })).toMatchObject({
      userId: null,
    });
    expect(await prisma.groupMember.count({ where: { userId: id } })).toBe(0);
    expect(await prisma.session.count({ where: { userId: id } })).toBe(0);
    expect(await prisma.roleAssignment.count({ where: { userId: id } })).toBe(0);
  });
});

async function nameOf(id: string): Promise<string> {
  return (await cloud.database.prisma.user.findUniqueOrThrow({ where: { id } })).name;
}

describe("the last administrator", () => {
  /** Two people, both administrators with a password; nobody else has one. */
  async function twoAdministrators(): Promise<{ id: string; sessionId: string }[]> {
    const { prisma } = cloud.database;
    await prisma.user.updateMany({ data: { passwordHash: null } });
    await prisma.systemRoleAssignment.deleteMany({ where: { userId: { not: cloud.users.cloudAdmin } } });
    const ids = [await makeUser(), await makeUser()];
    await prisma.systemRoleAssignment.createMany({ data: ids.map((userId) => ({ userId, role: "admin" })) });
    await prisma.user.updateMany({ where: { id: { in: ids } }, data: { mustChangePassword: false } });
    const made = ids.map(async (id) => ({ id, sessionId: await giveSession(id) }));
    return await Promise.all(made);
  }

  const remaining = async () =>
    await cloud.database.prisma.user.count({
      where: { enabled: true, passwordHash: { not: null }, systemRoles: { some: { role: "admin" } } },
    });
  type Blow = "setSystemRoles" | "setEnabled" | "delete";
  const blows: Record<Blow, (by: string, id: string) => Promise<unknown>> = {
    setSystemRoles: (by, id) => callerOf(by).setSystemRoles({ id, roles: [] }),
    setEnabled: (by, id) => callerOf(by).setEnabled({ id, enabled: false }),
    delete: async (by, id) => await callerOf(by).delete({ id, name: await nameOf(id) }),
  };
  const callerOf = (sessionId: string) =>
    callerAs({ ...cloud, sessions: { ...cloud.sessions, cloudAdmin: sessionId } }, "cloudAdmin").admin.user;

  test.each(Object.keys(blows))("%s of the only one with a password is refused", async (name) => {
    const [one, other] = await twoAdministrators();
    if (!one || !other) throw new Error("two were made");
    const blow = Object.entries(blows).find(([key]) => key === name)?.[1];
    await cloud.database.prisma.user.update({ where: { id: other.id }, data: { passwordHash: null } });
    expect((await admin().user.get({ id: one.id })).lastAdministrator).toBe(true);
    expect(await refusal(blow?.(other.sessionId, one.id) ?? Promise.resolve())).toMatchObject({
      code: "InvalidState",
      reason: "lastAdministrator",
    });
    expect(await remaining()).toBe(1);
  });

  test("nobody disables or deletes himself by mistake", async () => {
    const [one] = await twoAdministrators();
    if (!one) throw new Error("two were made");
    for (const name of ["setEnabled", "delete"] as const)
      expect(await refusal(blows[name](one.sessionId, one.id))).toMatchObject({ reason: "ownAccount" });
    expect(await remaining()).toBe(2);
  });

  test("whatever administrators do to each other at the same moment, one remains", async () => {
    const kind = fc.constantFrom<Blow>("setSystemRoles", "setEnabled", "delete");
    const blow = fc.record({ kind, by: fc.nat(1), at: fc.nat(1), turns: fc.nat(6) });
    await fc.assert(
      fc.asyncProperty(fc.array(blow, { minLength: 2, maxLength: 6 }), async (all) => {
        const made = await twoAdministrators();
        const struck = all.map(async ({ kind, by, at, turns }) => {
          for (let turn = 0; turn < turns; turn++) await new Promise((resolve) => setImmediate(resolve));
          const [who, whom] = [made[by], made[at]];
          if (!who || !whom) throw new Error("two were made");
          return await blows[kind](who.sessionId, whom.id);
        });
        await Promise.allSettled(struck);
        expect(await remaining()).toBeGreaterThanOrEqual(1);
      }),
      { numRuns: 40 },
    );
  });

  test("of two who take each other's role at once, exactly one wins, from many connections", async () => {
    for (let round = 0; round < 20; round++) {
      const [one, other] = await twoAdministrators();
      if (!one || !other) throw new Error("two were made");
      const names: Blow[] = ["setSystemRoles", "setEnabled", "delete"];
      const [left = "delete", right = "delete"] = [names[round % 3], names[Math.floor(round / 3) % 3]];
      const results = await Promise.allSettled([
        blows[left](one.sessionId, other.id),
        blows[right](other.sessionId, one.id),
      ]);
      expect(results.map(({ status }) => status).toSorted()).toEqual(["fulfilled", "rejected"]);
      expect(await remaining()).toBe(1);
    }
  });
});

describe("groups", () => {
  const group = { id: "", name: "gardeners" };
  beforeEach(async () => {
    group.id = randomUUID();
    group.name = `gardeners ${group.id}`;
    await admin().group.create({ ...group, description: "they dig" });
  });
  const join = (role: Role) =>
    as("admin").member.add({ projectId: cloud.projectId, kind: "group", name: group.name, role });

  test("a role by a group counts like one's own, and ends with it on what is open", async () => {
    const id = await makeUser();
    await cloud.database.prisma.user.update({ where: { id }, data: { mustChangePassword: false } });
    const sessionId = await giveSession(id);
    await join("member");
    await admin().group.setMembers({ id: group.id, add: [id] });
    const mine = callerAs({ ...cloud, sessions: { ...cloud.sessions, nobody: sessionId } }, "nobody");
    await mine.instance.list({ projectId: cloud.projectId });
    const [stream, console] = [await watchProject(sessionId), await watchConsole(sessionId)];
    await admin().group.setMembers({ id: group.id, remove: [id] });
    expect(await Promise.all([stream.ended, console.ended])).toEqual(["accessRevoked", "accessRevoked"]);
    expect(await refusal(mine.instance.list({ projectId: cloud.projectId }))).toMatchObject({
      reason: "projectNotFound",
    });
  });

  test("deleting it says what went, in the cloud and in each project, and ends streams", async () => {
    const id = await makeUser();
    const sessionId = await giveSession(id);
    await join("reader");
    await admin().group.setMembers({ id: group.id, add: [id] });
    const listed = await admin().group.get({ id: group.id });
    expect(listed).toMatchObject({
      members: 1,
      projects: 1,
      projectRoles: [{ name: "garden", roles: ["reader"] }],
    });
    const members = await admin().user.list({ filter: { groupId: group.id } });
    expect(members.items.map((one) => one.id)).toEqual([id]);
    const stream = await watchProject(sessionId);
    await admin().group.delete({ id: group.id });
    expect(await stream.ended).toBe("accessRevoked");
    expect(await lastEvent("group.delete")).toMatchObject({ params: { members: 1, projects: 1 } });
    expect(await lastEvent("member.remove")).toMatchObject({
      projectId: cloud.projectId,
      resourceKind: "group",
      changes: { roles: ["reader", ""] },
    });
    expect(await refusal(admin().group.delete({ id: group.id }))).toMatchObject({ reason: "groupNotFound" });
  });

  test("members are set again without an event; strangers are refused; versions of roles go up", async () => {
    const id = await makeUser();
    const version = async () =>
      (await cloud.database.prisma.user.findUniqueOrThrow({ where: { id } })).roleVersion;
    await admin().group.setMembers({ id: group.id, add: [id] });
    const { id: event } = await lastEvent("group.members");
    expect(await version()).toBe(2);
    await admin().group.setMembers({ id: group.id, add: [id] });
    expect((await lastEvent("group.members")).id).toBe(event);
    expect(await version()).toBe(2);
    expect(await refusal(admin().group.setMembers({ id: group.id, add: [randomUUID()] }))).toMatchObject({
      reason: "userNotFound",
    });
    await join("member");
    expect(await version()).toBe(3);
    await admin().group.update({ id: group.id, name: `${group.name}!`, description: "" });
    expect(await lastEvent("group.update")).toMatchObject({
      changes: { name: [group.name, `${group.name}!`], description: ["they dig", ""] },
    });
  });
});

describe("members of a project", () => {
  const ref = () => ({ projectId: cloud.projectId, kind: "user" as const });
  const rolesIn = async (id: string) => {
    const page = await as("reader").member.list({ projectId: cloud.projectId, filter: { text: id } });
    return page.items[0]?.roles.map(({ role }) => role) ?? [];
  };

  test("a manager adds by name or e-mail, sees who gave what, and adding again changes nothing", async () => {
    const id = randomUUID();
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
    expect(items).toMatchObject([
      { kind: "user", name, roles: [{ role: "member", by: "manager" }], via: [] },
    ]);
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
    const credential = randomUUID();
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
      const group = { id: randomUUID(), name: `meets ${round} ${id}` };
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
    const add = (projectId: string) =>
      mine.member.add({ ...ref(), projectId, name: "reader", role: "reader" });
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
    const group = { id: randomUUID(), name: "by group alone" };
    await admin().group.create(group);
    await admin().group.setMembers({ id: group.id, add: [id] });
    await as("manager").member.add({ ...ref(), kind: "group", name: group.name, role: "member" });
    await admin().user.setEnabled({ id, enabled: false });
    const of = async (text: string) =>
      (await as("reader").member.list({ projectId: cloud.projectId, filter: { text } })).items;
    expect(await of(id)).toMatchObject([
      { enabled: false, roles: [], via: [{ ...group, roles: ["member"] }] },
    ]);
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
});
