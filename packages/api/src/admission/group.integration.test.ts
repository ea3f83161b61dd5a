import type { Role } from "@madang/core/identity/permission";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { callerAs, openTestCloud, refusal, type TestCloud } from "../testing.ts";
import { peopleOf } from "../testing-people.ts";

let cloud: TestCloud;
beforeAll(async () => {
  cloud = await openTestCloud();
});
afterAll(() => cloud.close());

const { as, admin, makeUser, giveSession, lastEvent, watchProject, watchConsole } = peopleOf(() => cloud);

const group = { id: "", name: "gardeners" };
beforeEach(async () => {
  group.id = crypto.randomUUID();
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
  expect(await refusal(admin().group.setMembers({ id: group.id, add: [crypto.randomUUID()] }))).toMatchObject(
    {
      reason: "userNotFound",
    },
  );
  await join("member");
  expect(await version()).toBe(3);
  await admin().group.update({ id: group.id, name: `${group.name}!`, description: "" });
  expect(await lastEvent("group.update")).toMatchObject({
    changes: { name: [group.name, `${group.name}!`], description: ["they dig", ""] },
  });
});
