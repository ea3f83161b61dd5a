import { isGranted, permissions, type Role } from "@madang/core/identity/permission";
import { afterAll, beforeAll, expect, test } from "vitest";
import { connectionContext } from "../context.ts";
import { callerAs, openTestCloud, type Person, people, type TestCloud, turnedAway } from "../testing.ts";
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
    { text: "x".repeat(1_001) },
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

test("a list is the file that its page shows: filtered, sorted, to the end", async () => {
  const { projectId } = cloud;
  const { network, securityGroup } = callerAs(cloud, "member");
  for (const [name, cidr] of [
    ["yard-b", "10.20.0.0/24"],
    ["yard-a", "10.20.1.0/24"],
    ["other", "10.20.2.0/24"],
  ] as const) {
    const subnet = { id: crypto.randomUUID(), name: `${name}-subnet`, cidr };
    await network.create({ id: crypto.randomUUID(), projectId, name, subnet });
  }
  const rowsOf = async (name: string, query: Record<string, string>) => {
    const { columns, pages } = await openAs("reader", name, { projectId, ...query });
    const rows = [];
    for await (const page of pages) rows.push(...page);
    for (const row of rows) expect(Object.keys(row)).toEqual(columns);
    return rows;
  };
  expect(await rowsOf("networks", { text: "yard", sort: "-name" })).toMatchObject([
    { name: "yard-b", subnets: "10.20.0.0/24", external: false, mtu: 1_442, ports: 0 },
    { name: "yard-a", subnets: "10.20.1.0/24" },
  ]);
  expect(await rowsOf("subnets", { text: "10.20.1" })).toMatchObject([
    {
      name: "yard-a-subnet",
      network: "yard-a",
      gateway: "10.20.1.1",
      allocation_pools: "10.20.1.2-10.20.1.254",
    },
  ]);
  const id = crypto.randomUUID();
  await securityGroup.create({ projectId, id, name: "many", description: "" });
  // More than a statement reads at once.
  await cloud.database.pool.query(
    `INSERT INTO security_group_rule (id, security_group_id, direction, ether_type, protocol, port_min, port_max)
     SELECT gen_random_uuid(), $1, 'ingress', 'IPv4', 6, n, n FROM generate_series(1, 1200) AS n`,
    [id],
  );
  const rules = await rowsOf("security-group-rules", { id, direction: "ingress", sort: "ports" });
  expect(rules.map(({ port_range_min }) => port_range_min)).toEqual(
    Array.from({ length: 1_200 }, (_, index) => index + 1),
  );
  expect(await reasonOf(openAs("reader", "networks", { projectId, sort: "mac" }))).toBe("unknownSort");
});
