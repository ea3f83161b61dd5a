import { afterAll, beforeAll, expect, test } from "vitest";
import { findAnything } from "./reads/search.ts";
import { callerAs, launchOf, openTestCloud, type Person, refusal, type TestCloud } from "./testing.ts";

let cloud: TestCloud;
let webId: string;
beforeAll(async () => {
  cloud = await openTestCloud();
  webId = await launch("palette-web");
  await inOtherProject();
}, 120_000);
afterAll(() => cloud.close());

async function launch(name: string): Promise<string> {
  const input = launchOf(cloud, { name });
  await callerAs(cloud, "member").instance.launch(input);
  return input.ids[0] ?? "";
}

/** Makes `count` rows of a table like one of its rows; `change` is SQL of jsonb over `n`. */
async function multiply(table: string, id: string, count: number, change: string): Promise<void> {
  await cloud.database.pool.query(
    `INSERT INTO ${table} SELECT (jsonb_populate_record(r, ${change})).* FROM ${table} r, generate_series(1, ${count}) n WHERE r.id = $1`,
    [id],
  );
}

/** One of nearly every kind, all called "palette-foreign", in the project of `outsider`. */
async function inOtherProject() {
  const other = callerAs(cloud, "outsider");
  const projectId = cloud.otherProjectId;
  const named = () => ({ projectId, id: crypto.randomUUID(), name: "palette-foreign" });
  await other.network.create(named());
  await other.router.create(named());
  await other.securityGroup.create(named());
  const change = `jsonb_build_object('id', gen_random_uuid(), 'name', 'palette-foreign', 'project_id', '${projectId}', 'active_guest_id', NULL)`;
  await multiply("instance", webId, 1, change);
}

const find = async (person: Person, text: string, more: object = {}) =>
  (await callerAs(cloud, person).search.find({ text, ...more })).items;
const kinds = (items: { kind: string }[]) => items.map(({ kind }) => kind).toSorted();

test("an instance is found by its name, by how its id begins, by its address and its MAC", async () => {
  const { network, port } = callerAs(cloud, "member");
  const one = () => ({ projectId: cloud.projectId, id: crypto.randomUUID() });
  const { id: networkId } = one();
  const subnet = { id: one().id, name: "inner", cidr: "10.77.0.0/24" };
  await network.create({ ...one(), id: networkId, name: "palette-net", subnet });
  const made = one();
  await port.create({ ...made, networkId });
  await cloud.database.prisma.port.update({
    where: { id: made.id },
    data: { instanceId: webId, owner: "instance" },
  });
  const { rows } = await cloud.database.pool.query<{ mac: string; address: string }>(
    `SELECT p.mac, host(a.address) AS address FROM port p JOIN ip_allocation a ON a.port_id = p.id WHERE p.instance_id = $1`,
    [webId],
  );
  const texts = ["palette-web", "LETTE-W", webId, webId.slice(0, 13), webId.replaceAll("-", "").slice(0, 10)];
  const addresses = rows.flatMap(({ mac, address }) => [mac, mac.toUpperCase(), address]);
  for (const text of [...texts, ...addresses]) {
    const found = (await find("reader", text)).find(({ id }) => id === webId);
    expect(found, text).toMatchObject({
      kind: "instance",
      projectId: cloud.projectId,
      projectName: "garden",
    });
  }
  expect(rows.length).toBeGreaterThan(0);
});

test("nothing of a foreign project is found, by nobody but whoever oversees all", async () => {
  for (const person of ["reader", "member", "manager", "admin", "grouped", "cloudReader", "nobody"] as const)
    expect(await find(person, "palette-foreign"), person).toEqual([]);
  const all = ["instance", "network", "router", "security_group"];
  expect(kinds(await find("outsider", "palette-foreign"))).toEqual(all);
  expect(kinds(await find("cloudAdmin", "palette-foreign"))).toEqual(all);
  expect(await find("outsider", "palette-web")).toEqual([]);
  const foreign = find("member", "palette", { projectId: cloud.otherProjectId });
  expect(await refusal(foreign)).toMatchObject({ reason: "projectNotFound" });
});

test("people and machines are found by administrators alone, key pairs by their owner", async () => {
  await callerAs(cloud, "member").keyPair.generate({
    ...{ id: crypto.randomUUID(), name: "palette-key", type: "ed25519" as const },
    projectId: cloud.projectId,
  });
  expect(kinds(await find("member", "palette-key"))).toEqual(["key_pair"]);
  expect(await find("manager", "palette-key")).toEqual([]);
  for (const text of ["grouped", "gardeners", "small"]) {
    expect(await find("admin", text), text).toEqual([]);
    expect((await find("cloudAdmin", text)).length, text).toBeGreaterThan(0);
  }
  expect(kinds(await find("cloudReader", "gardeners"))).toEqual(["group"]);
});

test("a disabled project is nobody's, and what was deleted is not there", async () => {
  const { prisma } = cloud.database;
  const of = { where: { id: cloud.otherProjectId } };
  await prisma.project.update({ ...of, data: { enabled: false } });
  expect(await find("outsider", "palette-foreign")).toEqual([]);
  expect(await find("cloudAdmin", "palette-foreign")).toEqual([]);
  await prisma.project.update({ ...of, data: { enabled: true } });
  const group = (await find("outsider", "palette-foreign")).find(({ kind }) => kind === "security_group");
  await callerAs(cloud, "outsider").securityGroup.delete({
    projectId: cloud.otherProjectId,
    id: group?.id ?? "",
  });
  expect(kinds(await find("outsider", "palette-foreign"))).not.toContain("security_group");
});

test("what a user types is text, never a pattern or a statement", async () => {
  for (const text of [
    "%",
    "_",
    "\\",
    "'; DROP TABLE instance; --",
    "%%%",
    "' OR '1'='1",
    "ffff%",
    "::",
    "1.",
    "   ",
  ])
    expect(await find("member", text), text).toEqual([]);
  expect(await refusal(find("member", "\0"))).toMatchObject({ code: "InvalidInput" });
  expect(await refusal(find("member", "x".repeat(256)))).toMatchObject({ code: "InvalidInput" });
});

test("among 10,000 instances and as many projects' roles only one's own come, bounded, the best first", async () => {
  const change = `jsonb_build_object('id', gen_random_uuid(), 'name', 'palette-row-' || n, 'active_guest_id', NULL)`;
  await multiply("instance", webId, 10_000, change);
  await cloud.database.pool.query(
    `INSERT INTO project (id, domain_id, name) SELECT gen_random_uuid(), domain_id, 'palette-project-' || n FROM project, generate_series(1, 300) n WHERE id = $1`,
    [cloud.projectId],
  );
  await cloud.database.pool.query("ANALYZE");
  const found = await find("member", "palette-row-77");
  expect(found).toHaveLength(8);
  expect(found[0]?.name).toBe("palette-row-77");
  expect(found.every(({ projectId }) => projectId === cloud.projectId)).toBe(true);
  expect(await find("member", "palette-project")).toEqual([]);
  expect(await find("cloudAdmin", "palette-project", { limit: 20 })).toHaveLength(20);
  const asker = { grants: { system: ["admin"] as const, projects: {} }, userId: cloud.users.cloudAdmin };
  const sought = { text: "palette-row-9999", projectId: null, near: null, limit: 8 };
  const took: number[] = [];
  for (let n = 0; n < 20; n += 1) {
    const began = performance.now();
    expect(await findAnything(cloud.deps.reads, { ...asker, credential: null }, sought)).toHaveLength(1);
    took.push(performance.now() - began);
  }
  const sorted = took.toSorted((a, b) => a - b);
  console.info(
    `search at 10,000: median ${sorted[10]?.toFixed(1)} ms, worst ${sorted.at(-1)?.toFixed(1)} ms`,
  );
}, 120_000);
