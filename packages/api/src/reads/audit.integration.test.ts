import { afterAll, beforeAll, expect, test } from "vitest";
import { callerAs, launchOf, openTestCloud, type Person, refusal, type TestCloud } from "../testing.ts";
import type { AuditFilter } from "./audit.ts";

let cloud: TestCloud;
beforeAll(async () => {
  cloud = await openTestCloud();
});
afterAll(() => cloud.close());

const audit = (filter: AuditFilter, page: { limit?: number; cursor?: string | null } = {}) =>
  callerAs(cloud, "cloudAdmin").admin.audit.list({ filter, ...page });

async function newest(filter: AuditFilter) {
  const [item] = (await audit(filter)).items;
  if (!item) throw new Error(`nothing on the trail for ${JSON.stringify(filter)}`);
  return item;
}

const newFlavor = () => ({
  id: crypto.randomUUID(),
  name: `f-${crypto.randomUUID()}`,
  vcpus: 1,
  ramMib: 512,
  diskGib: 1,
});

test("who changed a flavor, and what of it", async () => {
  const { admin } = callerAs(cloud, "cloudAdmin");
  const flavor = newFlavor();
  await admin.flavor.create(flavor);
  await admin.flavor.update({
    id: flavor.id,
    name: "m1.renamed",
    enabled: false,
    requiredProperties: { disk: "fast" },
  });
  expect(await newest({ action: "flavor.update" })).toMatchObject({
    actorName: "cloudAdmin",
    actorId: cloud.users.cloudAdmin,
    resourceKind: "flavor",
    resourceId: flavor.id,
    resourceName: "m1.renamed",
    address: "127.0.0.1",
    result: "accepted",
    requestId: expect.stringMatching(/^req-/),
    changes: {
      name: [flavor.name, "m1.renamed"],
      enabled: [true, false],
      requiredProperties: ["{}", '{"disk":"fast"}'],
    },
  });
});

test("policy, members of an aggregate, weights and power are told with what was before", async () => {
  const { admin, instance } = callerAs(cloud, "cloudAdmin");
  const { prisma } = cloud.database;
  const [hostA, hostB] = [crypto.randomUUID(), crypto.randomUUID()];
  await prisma.hypervisor.createMany({
    data: [
      { id: hostA, name: "host-a" },
      { id: hostB, name: "host-b" },
    ],
  });
  await admin.hypervisor.update({ id: hostA, cpuAllocationRatio: 2, availabilityZone: "nova" });
  expect((await newest({ action: "hypervisor.update" })).changes).toEqual({ cpuAllocationRatio: [4, 2] });
  await admin.hypervisor.setEnabled({ id: hostA, enabled: false, reason: "new disks" });
  expect((await newest({ action: "hypervisor.disabled" })).changes).toEqual({
    enabled: [true, false],
    disabledReason: ["", "new disks"],
  });
  const aggregate = {
    id: crypto.randomUUID(),
    name: "fast",
    description: "",
    properties: {},
    hypervisorIds: [hostA],
  };
  await admin.aggregate.create(aggregate);
  const change = {
    id: aggregate.id,
    generation: 1,
    properties: { disk: "nvme" },
    hypervisorIds: [hostA, hostB],
  };
  await admin.aggregate.update(change);
  expect((await newest({ action: "aggregate.update" })).changes).toEqual({
    properties: ["{}", '{"disk":"nvme"}'],
    hypervisors: ["host-a", "host-a, host-b"],
  });
  // The answer was lost, so the portal sends it again: no conflict with oneself, and no second line.
  await admin.aggregate.update(change);
  expect((await audit({ resourceId: aggregate.id, action: "aggregate.update" })).total).toBe(1);
  expect(await refusal(admin.aggregate.update({ ...change, hypervisorIds: [hostB] }))).toMatchObject({
    reason: "changedMeanwhile",
  });
  const launch = launchOf(cloud);
  await callerAs(cloud, "member").instance.launch(launch);
  const ref = { projectId: cloud.projectId, id: launch.ids[0] ?? "" };
  await instance.update({ ...ref, name: "renamed", deleteProtection: true, crashPolicy: "stop" });
  expect((await newest({ action: "instance.rename" })).changes).toEqual({ name: ["web", "renamed"] });
  expect((await newest({ action: "instance.protect" })).changes).toEqual({ deleteProtection: [false, true] });
  expect((await newest({ action: "instance.crash-policy" })).changes).toEqual({
    crashPolicy: ["restart", "stop"],
  });
});

test("an invitation of a hypervisor is on the record, without its token", async () => {
  const { prisma } = cloud.database;
  await prisma.certificate.create({
    data: { id: crypto.randomUUID(), kind: "ca", subjectId: crypto.randomUUID(), pem: selfSigned },
  });
  const { command } = await callerAs(cloud, "cloudAdmin").admin.hypervisor.createJoinToken();
  const token = /--token (\S+)/.exec(command)?.[1] ?? "";
  const item = await newest({ action: "hypervisor.invite" });
  expect(item).toMatchObject({ actorName: "cloudAdmin", resourceKind: "join_token" });
  expect(token.length).toBeGreaterThan(20);
  expect(JSON.stringify(item)).not.toContain(token);
});

test("a refused act is on the record, in the project it was tried in, and a flood of them is bounded", async () => {
  const ref = { projectId: cloud.projectId, id: crypto.randomUUID() };
  const attempt = (person: Person) => refusal(callerAs(cloud, person).instance.delete(ref));
  expect(await attempt("reader")).toMatchObject({ reason: "roleTooWeak" });
  expect(await newest({ action: "access.refused", actorId: cloud.users.reader })).toMatchObject({
    result: "refused",
    resourceName: "instance.delete",
    projectId: cloud.projectId,
    params: { procedure: "instance.delete", reason: "roleTooWeak" },
  });
  for (let count = 0; count < 20; count++) await attempt("reader");
  expect((await audit({ action: "access.refused", actorId: cloud.users.reader })).total).toBeLessThan(10);
  // What is not seen is not there: naming a foreign project leaves no line in it.
  expect(await attempt("outsider")).toMatchObject({ reason: "projectNotFound" });
  const orphan = { hypervisorId: crypto.randomUUID(), guestId: crypto.randomUUID() };
  const adoption = { ...orphan, id: crypto.randomUUID(), projectId: cloud.projectId, name: "mine" };
  expect(await refusal(callerAs(cloud, "outsider").admin.orphan.adopt(adoption))).toMatchObject({
    code: "Forbidden",
  });
  const tried = await audit({ action: "access.refused", actorId: cloud.users.outsider });
  expect(tried.items.map(({ resourceName }) => resourceName)).toContain("admin.orphan.adopt");
  expect(new Set(tried.items.map(({ projectId }) => projectId))).toEqual(new Set([null]));
});

test("every filter narrows alone and together, in pages without gaps or repetitions", async () => {
  const all = await audit({}, { limit: 500 });
  expect(all.items.length).toBeGreaterThan(12);
  const [first] = all.items;
  const someone = all.items.find(({ projectId }) => projectId !== null) ?? first;
  if (!someone) throw new Error("no line in a project");
  const filters: AuditFilter[] = [
    { text: "CLOUDADM" },
    { text: "cl" },
    { text: "renamed" },
    { actorId: someone.actorId ?? "" },
    { action: someone.action },
    { resourceKind: someone.resourceKind },
    { resourceId: someone.resourceId },
    { projectId: cloud.projectId },
    { address: "127.0.0.1" },
    { result: "refused" },
    { requestId: someone.requestId ?? "" },
    { from: someone.createdAt.toISOString() },
    { to: someone.createdAt.toISOString() },
    { from: "1999-12-31T23:59:59+23:59" },
    {
      action: someone.action,
      projectId: cloud.projectId,
      from: someone.createdAt.toISOString(),
      result: someone.result,
    },
  ];
  const text = (item: (typeof all.items)[number]) =>
    [item.actorName, item.resourceName].map((name) => name.toLowerCase());
  const holds = (item: (typeof all.items)[number], filter: AuditFilter) =>
    (!filter.text || text(item).some((name) => name.includes((filter.text ?? "").toLowerCase()))) &&
    (!filter.actorId || item.actorId === filter.actorId) &&
    (!filter.action || item.action === filter.action) &&
    (!filter.resourceKind || item.resourceKind === filter.resourceKind) &&
    (!filter.resourceId || item.resourceId === filter.resourceId) &&
    (!filter.projectId || item.projectId === filter.projectId) &&
    (!filter.address || item.address === filter.address) &&
    (!filter.result || item.result === filter.result) &&
    (!filter.requestId || item.requestId === filter.requestId) &&
    (!filter.from || item.createdAt >= new Date(filter.from)) &&
    (!filter.to || item.createdAt < new Date(filter.to));
  for (const filter of filters) {
    const expected = all.items.filter((item) => holds(item, filter)).map(({ id }) => id);
    expect(expected.length, JSON.stringify(filter)).toBeGreaterThan(0);
    const found: string[] = [];
    for (let cursor: string | null = null; ; ) {
      const page = await audit(filter, { limit: 3, cursor });
      expect(page.total).toBe(expected.length);
      found.push(...page.items.map(({ id }) => id));
      cursor = page.nextCursor;
      if (cursor === null) break;
    }
    expect(found, JSON.stringify(filter)).toEqual(expected);
  }
});

test("a member's activity tells no addresses, and changed values only of what the project shares", async () => {
  const { projectId } = cloud;
  const { credential, network, event } = callerAs(cloud, "member");
  const id = crypto.randomUUID();
  await network.create({ id, projectId, name: "before" });
  await network.update({ id, projectId, name: "after" });
  const own = {
    id: crypto.randomUUID(),
    projectId,
    name: "ours",
    roles: ["member" as const],
    expiresAt: null,
    accessRules: null,
  };
  await credential.create(own);
  const { items } = await event.list({ projectId });
  expect(items.length).toBeGreaterThan(3);
  for (const item of items) expect(Object.keys(item)).not.toContain("address");
  expect(items.find(({ action }) => action === "network.update")?.changes).toEqual({
    name: ["before", "after"],
  });
  const made = items.find(({ resourceKind }) => resourceKind === "application_credential");
  expect(made).toMatchObject({ resourceName: "ours", changes: {} });
  const [stored] = (await audit({ resourceId: made?.resourceId })).items;
  expect(Object.keys(stored?.changes ?? {})).toContain("roles");
});

/** Of nobody: `openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=test -days 36500` */
const selfSigned = `-----BEGIN CERTIFICATE-----
MIIBdTCCARugAwIBAgIUGJUJOn9PjVhvfrzwk8inXVTNHYwwCgYIKoZIzj0EAwIw
DzENMAsGA1UEAwwEdGVzdDAgFw0yNjExMjIxMDM2NDFaGA8yMTI2MTAyOTEwMzY0
MVowDzENMAsGA1UEAwwEdGVzdDBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABLsX
wQtxILEAHpW6ZBmHtn//SINQ5NSqH+ZdfTTJvE4Kw12XQQI5XSEfItH97mH6HBsS
4OVHNXTwl27NuZDXFzejUzBRMB0GA1UdDgQWBBRpjffRxryDsDjUDEktTQ7K4EwS
QzAfBgNVHSMEGDAWgBRpjffRxryDsDjUDEktTQ7K4EwSQzAPBgNVHRMBAf8EBTAD
AQH/MAoGCCqGSM49BAMCA0gAMEUCIFdpZ4eu8UHaazEY4lATQn8ZDjdPEWHeVweF
u3EhiQyJAiEA+L5WZAltkUGzp9mOJIj+VXyBTrlz07Mfo6hNaLGKGwA=
-----END CERTIFICATE-----`;
