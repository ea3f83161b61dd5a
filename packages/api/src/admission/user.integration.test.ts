import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { newSecret, readCredentialIdentity } from "../credential.ts";
import { readIdentity } from "../identity.ts";
import { callerAs, launchOf, openTestCloud, refusal, type TestCloud } from "../testing.ts";
import { firstPassword as password, peopleOf } from "../testing-people.ts";

let cloud: TestCloud;
beforeAll(async () => {
  cloud = await openTestCloud();
});
afterAll(() => cloud.close());

const { as, admin, makeUser, nameOf, giveSession, lastEvent, watchProject, watchConsole } = peopleOf(
  () => cloud,
);
const sorted = (names: readonly string[]) => names.toSorted();

test("a user made twice is one, with a link that lets him set a password, then no other by repeating", async () => {
  const id = crypto.randomUUID();
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
  const id = crypto.randomUUID();
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
    admin().user.create({ id: crypto.randomUUID(), name: "Twice", email, password: null });
  const made = await Promise.allSettled([make("one@example.org"), make("two@example.org")]);
  expect(made.map(({ status }) => status).toSorted()).toEqual(["fulfilled", "rejected"]);
  const sameMail = { id: crypto.randomUUID(), name: "Third", email: "JIWOO@example.org", password: null };
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
  expect(await refusal(admin().user.update({ id: crypto.randomUUID(), name: "x" }))).toMatchObject({
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
    await refusal(admin().user.create({ id: crypto.randomUUID(), name: "a\0b", password: null })),
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
  const group = crypto.randomUUID();
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
