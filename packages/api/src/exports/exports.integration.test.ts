import { isGranted, permissions, type Role } from "@madang/core/identity/permission";
import { afterAll, beforeAll, expect, test } from "vitest";
import { connectionContext } from "../context.ts";
import { openTestCloud, type Person, people, type TestCloud, turnedAway } from "../testing.ts";
import { exportKinds } from "./index.ts";
import { openExport } from "./open-export.ts";

let cloud: TestCloud;
beforeAll(async () => {
  cloud = await openTestCloud();
});
afterAll(() => cloud.close());

const grants: Record<Person, { system: Role[]; roles: Role[] }> = {
  cloudAdmin: { system: ["admin"], roles: [] },
  cloudReader: { system: ["reader"], roles: [] },
  admin: { system: [], roles: ["admin"] },
  manager: { system: [], roles: ["manager"] },
  member: { system: [], roles: ["member"] },
  reader: { system: [], roles: ["reader"] },
  outsider: { system: [], roles: [] },
  nobody: { system: [], roles: [] },
  grouped: { system: [], roles: ["member"] },
  disabled: { system: [], roles: [] },
  revoked: { system: [], roles: [] },
  expired: { system: [], roles: [] },
};

function openAs(
  person: Person | null,
  name: string,
  query: Record<string, unknown>,
  bearer: string | null = null,
) {
  const caller = { bearer, requestId: "req-test", address: "192.0.2.7", userAgent: "test" };
  const sessionId = person && cloud.sessions[person];
  return openExport(connectionContext(cloud.deps, { ...caller, sessionId }), name, query, () => () => {});
}

const reasonOf = (attempt: Promise<unknown>) =>
  attempt.then(
    () => null,
    (error) => error.options.reason,
  );
const doors = ["credentialRefused", "signInNeeded", "projectNotFound", "roleTooWeak", "credentialTooWeak"];
const doorOf = async (attempt: Promise<unknown>) => {
  const reason = await reasonOf(attempt);
  return doors.includes(reason) ? reason : null;
};

test.each(Object.keys(exportKinds))("%s is for exactly those whom its permission names", async (name) => {
  const { projectId, otherProjectId } = cloud;
  const permission = exportKinds[name]?.permission ?? "account:read";
  const { scope } = permissions[permission];
  expect(await doorOf(openAs(null, name, { projectId }))).toBe("signInNeeded");
  expect(await doorOf(openAs("cloudAdmin", name, { projectId }, "madang.not.ours"))).toBe(
    "credentialRefused",
  );
  for (const person of turnedAway)
    expect(await doorOf(openAs(person, name, { projectId })), person).toBe("signInNeeded");
  for (const person of people.filter((one) => !turnedAway.some((away) => away === one))) {
    const { system, roles } = grants[person];
    const mine = isGranted({ system, projects: { [projectId]: roles } }, permission, projectId);
    const visible = scope !== "project" || roles.length > 0 || system.includes("admin");
    const refused = visible ? "roleTooWeak" : "projectNotFound";
    expect(await doorOf(openAs(person, name, { projectId })), person).toBe(mine ? null : refused);
    if (scope !== "project" || person === "outsider" || system.includes("admin")) continue;
    expect(await doorOf(openAs(person, name, { projectId: otherProjectId })), person).toBe("projectNotFound");
  }
  const { prisma } = cloud.database;
  await prisma.session.update({
    where: { id: cloud.sessions.manager },
    data: { revokedAt: cloud.database.now() },
  });
  expect(await doorOf(openAs("manager", name, { projectId }))).toBe("signInNeeded");
  await prisma.session.update({ where: { id: cloud.sessions.manager }, data: { revokedAt: null } });
});

test("a name that is none, and a filter that is none, are refused in words", async () => {
  for (const name of ["nothing", "__proto__", "constructor", "toString"])
    expect(await reasonOf(openAs("cloudAdmin", name, {}))).toBe("noSuchExport");
  for (const query of [
    { text: "\0" },
    { text: "x".repeat(256) },
    { text: ["a", "b"] },
    { from: "yesterday" },
    { from: "0000-01-01T00:00:00Z" },
    { to: "9999-12-31T23:59:59-23:59" },
    { actorId: "'; DROP TABLE event; --" },
  ])
    expect(await reasonOf(openAs("cloudAdmin", "audit", query)), JSON.stringify(query)).toMatch(
      /^(textCharacters|invalidInput)$/,
    );
});

test("who took the trail away, and which part of it, is on the trail; and rights end in the middle", async () => {
  const opened = await openAs("cloudAdmin", "audit", { action: "export.open", text: "" });
  const { event, session } = cloud.database.prisma;
  const latest = await event.findFirstOrThrow({ where: { action: "export.open" }, orderBy: { id: "desc" } });
  expect(latest).toMatchObject({
    actorId: cloud.users.cloudAdmin,
    address: "192.0.2.7",
    resourceName: "audit",
    params: { filter: `{"action":"export.open"}` },
  });
  await opened.judgeAgain();
  await session.update({
    where: { id: cloud.sessions.cloudAdmin },
    data: { revokedAt: cloud.database.now() },
  });
  expect(await reasonOf(opened.judgeAgain())).toBe("signInNeeded");
  await session.update({ where: { id: cloud.sessions.cloudAdmin }, data: { revokedAt: null } });
});
