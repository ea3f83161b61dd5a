import { cloudNetworkId } from "@madang/core/network/cloud-network";
import { defaultGroupUsage } from "@madang/core/network/default-group";
import { transaction } from "@madang/db";
import { afterAll, beforeAll, expect, test } from "vitest";
import { callerAs, launchOf, openTestCloud, refusal, type TestCloud } from "../testing.ts";
import { defaultSecurityGroup } from "./default-security-group.ts";

let cloud: TestCloud;
beforeAll(async () => {
  cloud = await openTestCloud();
  const { prisma } = cloud.database;
  const limits = [
    ["security_groups", 50],
    ["security_group_rules", 2_000],
  ] as const;
  for (const [resource, limit] of limits)
    await prisma.quota.create({ data: { projectId: cloud.projectId, resource, limit } });
});
afterAll(() => cloud.close());

const api = () => callerAs(cloud, "member").securityGroup;
const uuid = () => crypto.randomUUID();

async function made(name: string): Promise<{ projectId: string; id: string }> {
  const ref = { projectId: cloud.projectId, id: uuid() };
  await api().create({ ...ref, name, description: "" });
  return ref;
}

const ssh = () => ({ id: uuid(), direction: "ingress" as const, protocol: "tcp", portMin: 22, portMax: 22 });

/** A network with a port of an instance in it, as their own verbs would make them. */
async function instanceWithPort(fields: { portSecurity?: boolean } = {}) {
  const { prisma } = cloud.database;
  const launch = launchOf(cloud);
  const [instanceId = ""] = launch.ids;
  await callerAs(cloud, "member").instance.launch(launch);
  const of = { projectId: cloud.projectId };
  const network = await prisma.network.create({ data: { id: uuid(), ...of, name: "yard", mtu: 1442 } });
  const mac = `fa:16:3e:${uuid()
    .slice(0, 6)
    .replace(/(..)(?=.)/g, "$1:")}`;
  const port = await prisma.port.create({
    data: { id: uuid(), ...of, networkId: network.id, mac, owner: "instance", instanceId, ...fields },
  });
  return { instanceId, portId: port.id, ref: { ...of, id: instanceId } };
}

async function generationOf(id: string): Promise<number> {
  return (await cloud.database.prisma.securityGroup.findUniqueOrThrow({ where: { id } })).generation;
}

/** Takes away what woke the network's reconciler; answers whether anything did. */
async function takeWake(): Promise<boolean> {
  const { rowCount } = await cloud.database.pool.query(
    `DELETE FROM pgboss.job WHERE singleton_key = 'network:' || $1`,
    [cloudNetworkId],
  );
  return rowCount === 1;
}

test("many who need the default group at once get one, with OpenStack's rules", async () => {
  const projectId = cloud.otherProjectId;
  const { prisma } = cloud.database;
  const asked = Array.from({ length: 8 }, () =>
    transaction(prisma, (tx) => defaultSecurityGroup(tx, projectId)),
  );
  const found = await Promise.all(asked);
  expect(new Set(found.map(({ id }) => id)).size).toBe(1);
  const id = found[0]?.id ?? "";
  const caller = callerAs(cloud, "outsider").securityGroup;
  const { items } = await caller.listRules({ projectId, id });
  const words = items.map(({ direction, etherType, remoteGroupName }) => [
    direction,
    etherType,
    remoteGroupName,
  ]);
  expect(words.toSorted()).toEqual([
    ["egress", "IPv4", null],
    ["egress", "IPv6", null],
    ["ingress", "IPv4", "default"],
    ["ingress", "IPv6", "default"],
  ]);
  const group = await caller.get({ projectId, id });
  expect(group).toMatchObject({
    name: "default",
    isDefault: true,
    ruleCount: defaultGroupUsage.security_group_rules,
    namedBy: [],
  });
  const kept = { code: "Conflict", reason: "securityGroupDefault" };
  expect(await refusal(caller.delete({ projectId, id }))).toMatchObject(kept);
  expect(await refusal(caller.update({ projectId, id, name: "mine" }))).toMatchObject(kept);
  await caller.update({ projectId, id, description: "for everything" });
  expect((await caller.get({ projectId, id })).description).toBe("for everything");
});

test("a new group lets out everything, is made once, and its name is its own", async () => {
  await takeWake();
  const ref = { projectId: cloud.projectId, id: uuid() };
  const group = { ...ref, name: "web", description: "for the web" };
  await Promise.all([api().create(group), api().create(group)]);
  const { items } = await api().listRules(ref);
  expect(items.map(({ direction, etherType }) => `${direction} ${etherType}`).toSorted()).toEqual([
    "egress IPv4",
    "egress IPv6",
  ]);
  expect(await takeWake()).toBe(true);
  const names = (await api().list({ projectId: cloud.projectId })).items.map(({ name }) => name);
  expect(names).toEqual(["default", "web"]);
  for (const [name, reason] of [
    ["web", "nameTaken"],
    ["default", "securityGroupNameReserved"],
  ] as const) {
    const again = api().create({ projectId: cloud.projectId, id: uuid(), name });
    expect(await refusal(again)).toMatchObject({ code: "Conflict", reason, field: "name" });
  }
  expect((await api().update({ ...ref, name: "web-2" })).name).toBe("web-2");
  await api().delete(ref);
  expect(await refusal(api().get(ref))).toMatchObject({ reason: "securityGroupNotFound" });
});

test("rules come all or none, canonical, and never twice", async () => {
  const ref = await made("rules");
  const before = await generationOf(ref.id);
  const rules = [ssh(), { ...ssh(), remoteCidr: "10.1.2.3/16" }];
  await api().addRules({ ...ref, rules });
  await api().addRules({ ...ref, rules });
  expect(await generationOf(ref.id)).toBe(before + 1);
  const ingress = await api().listRules({ ...ref, filter: { direction: "ingress" } });
  expect(ingress.items.map(({ remoteCidr, protocol }) => [protocol, remoteCidr])).toEqual(
    expect.arrayContaining([
      [6, null],
      [6, "10.1.0.0/16"],
    ]),
  );
  const http = { ...ssh(), portMin: 80, portMax: 80 };
  for (const [twice, field] of [
    [{ ...ssh(), remoteCidr: "0.0.0.0/0" }, "rules.1"],
    [{ ...http, id: uuid() }, "rules.1"],
  ] as const) {
    const both = api().addRules({ ...ref, rules: [http, twice] });
    expect(await refusal(both)).toMatchObject({ code: "Conflict", reason: "securityRuleExists", field });
  }
  expect((await api().get(ref)).ruleCount).toBe(4);
  const backwards = api().addRules({ ...ref, rules: [{ ...ssh(), portMin: 90, portMax: 80 }] });
  expect(await refusal(backwards)).toMatchObject({ reason: "portsBackwards", field: "rules.0.portMax" });
  const [first] = ingress.items;
  await api().removeRule({ ...ref, ruleId: first?.id ?? "" });
  const gone = api().removeRule({ ...ref, ruleId: first?.id ?? "" });
  expect(await refusal(gone)).toMatchObject({ reason: "securityRuleNotFound" });
  expect(await generationOf(ref.id)).toBe(before + 2);
});

test("a thousand rules in a group are taken at once and read by pages; quota counts them", async () => {
  const ref = await made("thousand");
  const rules = Array.from({ length: 1_000 }, (_, index) => ({
    ...ssh(),
    portMin: index + 1,
    portMax: index + 1,
  }));
  await api().addRules({ ...ref, rules });
  expect((await api().get(ref)).ruleCount).toBe(1_002);
  const page = await api().listRules({ ...ref, limit: 500, sort: "ports" });
  expect(page).toMatchObject({ total: 1_002 });
  const next = await api().listRules({ ...ref, limit: 500, sort: "ports", cursor: page.nextCursor });
  expect(next.items.at(-1)?.portMin).toBe(998);
  const more = rules.map((rule) => ({ ...rule, id: uuid(), protocol: "udp" }));
  expect(await refusal(api().addRules({ ...ref, rules: more }))).toMatchObject({
    code: "QuotaExceeded",
    quota: [{ resource: "security_group_rules", limit: 2_000, requested: 1_000 }],
  });
  await api().delete(ref);
});

test("a group that others name or ports have stays, and the refusal says who", async () => {
  const [remote, namer] = [await made("remote"), await made("namer")];
  const rule = { ...ssh(), remoteGroupId: remote.id };
  await api().addRules({ ...namer, rules: [rule, { ...ssh(), remoteGroupId: namer.id }] });
  expect(await refusal(api().delete(remote))).toMatchObject({
    code: "Conflict",
    reason: "securityGroupNamed",
    params: { names: "namer", more: 0 },
  });
  const foreign = await callerAs(cloud, "outsider").securityGroup.list({ projectId: cloud.otherProjectId });
  const strange = { ...ssh(), remoteGroupId: foreign.items[0]?.id ?? "" };
  expect(await refusal(api().addRules({ ...namer, rules: [strange] }))).toMatchObject({
    reason: "securityGroupNotFound",
  });
  await api().delete(namer);
  const { ref } = await instanceWithPort();
  await callerAs(cloud, "member").instance.setSecurityGroups({ ...ref, securityGroupIds: [remote.id] });
  expect(await refusal(api().delete(remote))).toMatchObject({
    reason: "securityGroupInUse",
    params: { names: "web", more: 0 },
  });
  const { items } = await api().listUsers(remote);
  expect(items).toMatchObject([{ instanceName: "web", networkName: "yard" }]);
});

test("an instance's groups change on its ports, and only where they differ", async () => {
  const { portId, ref, instanceId } = await instanceWithPort();
  const [one, other] = [await made("one"), await made("other")];
  const set = (ids: string[]) =>
    callerAs(cloud, "member").instance.setSecurityGroups({ ...ref, securityGroupIds: ids });
  const port = () =>
    cloud.database.prisma.port.findUniqueOrThrow({
      where: { id: portId },
      include: { securityGroups: true },
    });
  await set([one.id, other.id, one.id]);
  expect((await port()).securityGroups.map(({ securityGroupId }) => securityGroupId).toSorted()).toEqual(
    [one.id, other.id].toSorted(),
  );
  expect((await port()).generation).toBe(2);
  await set([other.id, one.id]);
  expect((await port()).generation).toBe(2);
  await set([]);
  expect((await port()).securityGroups).toEqual([]);
  const event = await cloud.database.prisma.event.findFirstOrThrow({
    where: { resourceId: instanceId, action: "instance.set-security-groups" },
    orderBy: { id: "desc" },
  });
  expect(event.changes).toEqual({ securityGroups: ["one, other", ""] });
  expect(await refusal(set([uuid()]))).toMatchObject({ reason: "securityGroupNotFound" });
  const open = await instanceWithPort({ portSecurity: false });
  const off = callerAs(cloud, "member").instance.setSecurityGroups({
    ...open.ref,
    securityGroupIds: [one.id],
  });
  expect(await refusal(off)).toMatchObject({ code: "InvalidState", reason: "portSecurityOff" });
});

test("a group deleted while a port takes it: one of the two is refused, nothing hangs in the air", async () => {
  const { ref, portId } = await instanceWithPort();
  const { prisma } = cloud.database;
  for (let round = 0; round < 8; round += 1) {
    const group = await made(`raced-${round}`);
    const [taken, deleted] = await Promise.allSettled([
      callerAs(cloud, "member").instance.setSecurityGroups({ ...ref, securityGroupIds: [group.id] }),
      api().delete(group),
    ]);
    expect([taken.status, deleted.status].toSorted()).toEqual(["fulfilled", "rejected"]);
    const held = await prisma.portSecurityGroup.count({ where: { portId, securityGroupId: group.id } });
    const there = await prisma.securityGroup.count({ where: { id: group.id } });
    expect([held, there]).toEqual(taken.status === "fulfilled" ? [1, 1] : [0, 0]);
  }
});

test("of two deletions one finds nothing any more", async () => {
  const group = await made("twice");
  const outcomes = await Promise.allSettled([api().delete(group), api().delete(group)]);
  expect(outcomes.map(({ status }) => status).toSorted()).toEqual(["fulfilled", "rejected"]);
});
