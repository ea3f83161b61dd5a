/** What the fields of a filter find among instances, read by other means than the filter: names of rows put there. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { callerAs, launchOf, openTestCloud, placeGuest, refusal, type TestCloud } from "../testing.ts";

let cloud: TestCloud;
const ids = { web: "", database: "", idle: "" };
beforeAll(async () => {
  cloud = await openTestCloud();
  const { prisma } = cloud.database;
  for (const name of ["web", "database", "idle"] as const) {
    const launch = launchOf(cloud, { name: `${name}-1` });
    ids[name] = launch.ids[0] ?? "";
    await callerAs(cloud, "member").instance.launch(launch);
  }
  const { hypervisorId } = await placeGuest(cloud.database, ids.web, { observed: "running" });
  await prisma.hypervisor.update({ where: { id: hypervisorId }, data: { availabilityZone: "east" } });
  const day = 86_400_000;
  const now = cloud.database.now().getTime();
  const web = { status: "ACTIVE", powerState: "RUNNING", keyName: "laptop", deleteProtection: true };
  await prisma.instance.update({
    where: { id: ids.web },
    data: { ...web, vcpus: 4, ramMib: 8_192, createdAt: new Date(now - 10 * day) },
  });
  await prisma.instance.update({
    where: { id: ids.database },
    data: {
      keyName: "none",
      imageName: "Ubuntu 24.04",
      vcpus: 2,
      ramMib: 4_096,
      createdAt: new Date(now - 3 * day),
    },
  });
  await prisma.instance.update({
    where: { id: ids.idle },
    data: { keyName: null, imageName: null, imageId: null, vcpus: 1, ramMib: 512 },
  });
});
afterAll(() => cloud.close());

const found = async (text: string) => {
  const { items } = await callerAs(cloud, "member").instance.list({
    ...{ projectId: cloud.projectId, filter: { text }, sort: "name" },
  });
  return items.map(({ name }) => name.replace("-1", "")).join(" ");
};

test.each([
  ["web", "web"],
  ["-web", "database idle"],
  ["1 -web -idle", "database"],
  ["name:web,idle", "idle web"],
  ["name:=web", ""],
  ["name:=WEB-1", "web"],
  ["status:active", "web"],
  ["-status:ACTIVE", "database idle"],
  ["power:RUNNING", "web"],
  ["key:none", "idle"],
  ['key:"none"', "database"],
  ["-key:laptop", "database idle"],
  ["-key:none", "database web"],
  ["-image:ubuntu", "idle web"],
  ["image:none", "idle"],
  ["vcpus:>=2", "database web"],
  ["vcpus:<2", "idle"],
  ["ram:4GiB", "database"],
  ["ram:>0.5G", "database web"],
  ["created:>7d", "web"],
  ["created:<7d", "database idle"],
  ["created:>2d created:<=5d", "database"],
  ["zone:east", "web"],
  ["-zone:east", "database idle"],
  ["protected:yes", "web"],
  ["user:member", "database idle web"],
  ["user:nobody", ""],
  ["network:none", "database idle web"],
  ["mac:52", ""],
])("%s finds %j", async (text, names) => expect(await found(text)).toBe(names));

test("an id is found by itself and by how it begins", async () => {
  expect(await found(`id:${ids.web}`)).toBe("web");
  expect(await found(`id:${ids.web.slice(0, 11).toUpperCase()}`)).toBe("web");
  expect(await found(`-id:${ids.web},${ids.idle}`)).toBe("database");
});

test("administrators also ask for hypervisor and project", async () => {
  const asked = async (text: string) =>
    (await callerAs(cloud, "cloudAdmin").admin.instance.list({ filter: { text }, sort: "name" })).items
      .length;
  expect(await asked("host:host-")).toBe(1);
  expect(await asked("-host:host-")).toBe(2);
  expect(await asked("project:garden status:ACTIVE")).toBe(1);
  expect(await refusal(found("host:host-"))).toMatchObject({
    ...{ code: "InvalidInput", reason: "filterUnknownField", field: "filter.text" },
    params: { name: "host", position: 0, possible: expect.stringContaining("status, task") },
  });
});
