import { wordFilter } from "@madang/core/filter/print";
import { deriveStatus } from "@madang/core/instance/status";
import { instanceView } from "@madang/db";
import { verify } from "unixcrypt";
import { afterAll, beforeAll, expect, test } from "vitest";
import { callerAs, launchOf, openTestCloud, placeGuest, refusal, type TestCloud } from "./testing.ts";

let cloud: TestCloud;
beforeAll(async () => {
  cloud = await openTestCloud();
});
afterAll(() => cloud.close());

const ofProject = (projectId: string) => ({ where: { projectId } });

test("a launch writes the instance, its operation, its event, and wakes the reconciler, all at once", async () => {
  const { prisma, pool } = cloud.database;
  const input = launchOf(cloud, {
    name: "web",
    password: "correct horse battery",
    userData: "#cloud-config\n",
  });
  const { ids, operationIds } = await callerAs(cloud, "member").instance.launch(input);
  const [id = ""] = ids;
  const row = await prisma.instance.findUniqueOrThrow({ where: { id }, include: { userData: true } });
  expect(row).toMatchObject({
    hostname: "web",
    status: "BUILD",
    taskState: "scheduling",
    machineType: "pc-q35-7.2",
    generation: 1,
  });
  const operation = await prisma.operation.findUniqueOrThrow({ where: { id: operationIds[0] ?? "" } });
  expect(operation).toMatchObject({
    kind: "instance.launch",
    state: "pending",
    resourceId: id,
    targetGeneration: 1,
  });
  expect(
    await prisma.event.count({
      where: { resourceId: id, action: "instance.create", operationId: operation.id },
    }),
  ).toBe(1);
  const { rows } = await pool.query(
    `SELECT 1 FROM pgboss.job WHERE name = 'reconcile' AND singleton_key = $1`,
    [`instance:${id}`],
  );
  expect(rows.length).toBe(1);
  const stored = JSON.stringify({ row, operation }, (_key, value) =>
    typeof value === "bigint" ? String(value) : value,
  );
  expect(stored).not.toContain("correct horse");
  const sealed = Buffer.from(row.passwordHashSealed ?? "", "base64");
  const hash = cloud.deps.seal.open(sealed, `password:${id}`).toString();
  expect(verify("correct horse battery", hash)).toBe(true);
  const detail = await callerAs(cloud, "reader").instance.get({ projectId: cloud.projectId, id });
  expect(detail).toMatchObject({ userDataBytes: 14, hasPassword: true });
});

test("the same launch twice, also at once, is one; anything else with its id is the same Conflict", async () => {
  const { instance } = callerAs(cloud, "member");
  const input = launchOf(cloud, {
    name: "once",
    ids: [crypto.randomUUID(), crypto.randomUUID()],
    password: "long enough words",
  });
  const answers = await Promise.all(Array.from({ length: 6 }, () => instance.launch(input)));
  for (const answer of answers) expect(answer).toEqual(answers[0]);
  expect(answers[0]?.operationIds).toHaveLength(2);
  expect(await cloud.database.prisma.instance.count({ where: { id: { in: input.ids } } })).toBe(2);
  const others = await Promise.all([
    refusal(instance.launch({ ...input, name: "twice" })),
    refusal(instance.launch({ ...input, password: "other words, as long" })),
    refusal(instance.launch({ ...input, ids: [input.ids[0] ?? "", crypto.randomUUID()] })),
    refusal(callerAs(cloud, "outsider").instance.launch({ ...input, projectId: cloud.otherProjectId })),
    refusal(callerAs(cloud, "manager").instance.launch(input)),
  ]);
  for (const other of others) expect(other).toEqual(others[0]);
  expect(others[0]).toMatchObject({ code: "Conflict", reason: "idInUse" });
  // Also after the instances are gone: ids are never reused.
  await cloud.database.prisma.instance.deleteMany({ where: { id: { in: input.ids } } });
  expect(await instance.launch(input)).toEqual(answers[0]);
  expect(await cloud.database.prisma.instance.count({ where: { id: { in: input.ids } } })).toBe(0);
});

test("twenty launches at once never exceed the quota, and who is refused learns the numbers", async () => {
  const { prisma } = cloud.database;
  const projectId = cloud.otherProjectId;
  await prisma.quota.create({ data: { projectId, resource: "instances", limit: 7 } });
  const { instance } = callerAs(cloud, "outsider");
  const attempts = await Promise.allSettled(
    Array.from({ length: 20 }, () =>
      instance.launch(launchOf(cloud, { projectId, flavorId: cloud.flavorId })),
    ),
  );
  expect(attempts.filter(({ status }) => status === "fulfilled")).toHaveLength(7);
  expect(await prisma.instance.count(ofProject(projectId))).toBe(7);
  expect(await prisma.operation.count(ofProject(projectId))).toBe(7);
  const refused = await refusal(instance.launch(launchOf(cloud, { projectId })));
  expect(refused).toMatchObject({
    code: "QuotaExceeded",
    quota: [{ resource: "instances", limit: 7, inUse: 7, requested: 1 }],
  });
  const many = launchOf(cloud, { projectId, ids: Array.from({ length: 50 }, () => crypto.randomUUID()) });
  const resources = (await refusal(instance.launch(many))).quota?.map(({ resource }) => resource);
  expect(resources).toEqual(["instances", "cores"]);
  expect(await prisma.resourceId.count({ where: { id: { in: many.ids } } })).toBe(0);
});

test.each([
  ["<script>alert(1)</script>", "script-alert-1-script"],
  ["../../etc/passwd", "etc-passwd"],
  [`'"; DROP TABLE instance; --`, "drop-table-instance"],
  ["🦄 마당", null],
  ["%_\\", null],
])("a hostile name is only a name: %s", async (name, hostname) => {
  const { instance } = callerAs(cloud, "manager");
  await cloud.database.prisma.instance.deleteMany(ofProject(cloud.projectId));
  const input = launchOf(cloud, { name });
  await instance.launch(input);
  const [id = ""] = input.ids;
  const row = await instance.get({ projectId: cloud.projectId, id });
  expect(row.name).toBe(name);
  expect(row.hostname).toBe(hostname ?? `host-${id.replaceAll("-", "").slice(-12)}`);
  const found = await instance.list({
    projectId: cloud.projectId,
    filter: { text: wordFilter(name) },
    limit: 10,
  });
  expect(found.items.map((item) => item.id)).toEqual([id]);
});

test.each(["", "   ", "x".repeat(10_000), "two\nlines", "nul\0byte", "\u202Egnp.exe", "\ud800"])(
  "a name that could lie or break is refused",
  async (name) => {
    const refused = await refusal(callerAs(cloud, "member").instance.launch(launchOf(cloud, { name })));
    expect(refused).toMatchObject({ code: "InvalidInput", field: "name" });
    expect(refused.reason).toMatch(/^name/);
  },
);

test("flavor and image must be there, be offered, and fit", async () => {
  const { prisma } = cloud.database;
  const { instance } = callerAs(cloud, "member");
  const attempt = async (fields: object) => (await refusal(instance.launch(launchOf(cloud, fields)))).reason;
  expect(await attempt({ flavorId: crypto.randomUUID() })).toBe("flavorNotFound");
  expect(await attempt({ imageId: crypto.randomUUID() })).toBe("imageNotFound");
  expect(await attempt({ keyPairId: crypto.randomUUID() })).toBe("keyPairNotFound");
  const imageId = crypto.randomUUID();
  const image = {
    id: imageId,
    name: "foreign",
    visibility: "private",
    status: "active",
    diskFormat: "raw",
  } as const;
  const sizes = {
    sha256: "b".repeat(64),
    sizeBytes: 10n,
    virtualSizeBytes: 3n * 1024n ** 3n,
    minRamMib: 512,
  };
  await prisma.image.create({ data: { ...image, ...sizes, projectId: cloud.otherProjectId } });
  expect(await attempt({ imageId })).toBe("imageNotFound");
  await prisma.image.update({ where: { id: imageId }, data: { projectId: cloud.projectId } });
  expect(await attempt({ imageId })).toBe("flavorRamTooSmall");
  await prisma.image.update({ where: { id: imageId }, data: { minRamMib: 0 } });
  expect(await attempt({ imageId })).toBe("flavorDiskTooSmall");
  await prisma.image.update({ where: { id: imageId }, data: { status: "deactivated" } });
  expect(await attempt({ imageId })).toBe("imageNotActive");
});

test("actions follow the state, and the stored status is the one that is derived", async () => {
  const { prisma } = cloud.database;
  const { projectId } = cloud;
  await prisma.instance.deleteMany(ofProject(projectId));
  const { instance } = callerAs(cloud, "member");
  const input = launchOf(cloud, { deleteProtection: true });
  await instance.launch(input);
  const ref = { projectId, id: input.ids[0] ?? "" };
  expect(await refusal(instance.stop(ref))).toMatchObject({ code: "InvalidState", reason: "stillBuilding" });
  await placeGuest(cloud.database, ref.id, { observed: "running" });
  expect(await refusal(instance.start(ref))).toMatchObject({ reason: "alreadyRunning" });
  await instance.stop(ref);
  expect(await instance.get(ref)).toMatchObject({
    status: "ACTIVE",
    taskState: "powering-off",
    generation: 2,
  });
  expect(await refusal(instance.stop(ref))).toMatchObject({ reason: "poweringOff" });
  expect(await refusal(instance.delete(ref))).toMatchObject({ reason: "deleteProtected" });
  expect(await instance.update({ ...ref, name: "renamed", deleteProtection: false })).toMatchObject({
    name: "renamed",
    generation: 2,
  });
  const [first, second] = await Promise.all([instance.delete(ref), instance.delete(ref)]);
  expect(first).toEqual(second);
  expect(await instance.get(ref)).toMatchObject({ taskState: "deleting", generation: 3 });
  expect(await refusal(instance.start(ref))).toMatchObject({ reason: "beingDeleted" });
  for (const row of await prisma.instance.findMany()) {
    const guest = row.activeGuestId
      ? await prisma.guest.findUnique({ where: { id: row.activeGuestId } })
      : null;
    const { status, taskState, powerState } = row;
    expect({ status, taskState, powerState }).toEqual(deriveStatus(instanceView(row, guest)));
  }
});

const publicKey = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJg4t7nM5vv1D2xMXs4gAkR97MDmB/2FhPGDKZFwpsgY mine";
const forged = (parts: unknown[]) => Buffer.from(JSON.stringify(parts)).toString("base64url");

test("pages of a list meet without gap or overlap, in both directions", async () => {
  const { prisma } = cloud.database;
  const { projectId } = cloud;
  await prisma.guest.deleteMany();
  await prisma.instance.deleteMany(ofProject(projectId));
  await prisma.quota.create({ data: { projectId, resource: "instances", limit: -1 } });
  await prisma.quota.create({ data: { projectId, resource: "cores", limit: -1 } });
  const { instance } = callerAs(cloud, "member");
  const ids = Array.from({ length: 25 }, () => crypto.randomUUID());
  await instance.launch(launchOf(cloud, { ids, name: "same" }));
  for (const sort of ["name", "-name", "-createdAt", "status"]) {
    const seen: string[] = [];
    let cursor: string | null = null;
    do {
      const page: Awaited<ReturnType<typeof instance.list>> = await instance.list({
        projectId,
        sort,
        limit: 7,
        cursor,
      });
      expect(page).toMatchObject({ total: 25, totalIsExact: true });
      seen.push(...page.items.map(({ id }) => id));
      cursor = page.nextCursor;
    } while (cursor);
    expect(new Set(seen).size).toBe(25);
    expect(seen).toHaveLength(25);
  }
  const refused = await Promise.all([
    refusal(instance.list({ projectId, sort: "id; DROP TABLE instance", limit: 5 })),
    refusal(instance.list({ projectId, cursor: "bm9uc2Vuc2U", limit: 5 })),
    refusal(instance.list({ projectId, cursor: forged(["-createdAt", "now-ish", ids[0]]), limit: 5 })),
    refusal(instance.list({ projectId, cursor: forged(["-createdAt", "now", "1"]), limit: 5 })),
    refusal(callerAs(cloud, "member").event.list({ projectId, cursor: forged(["-createdAt", "now", "x"]) })),
  ]);
  expect(refused.map(({ reason }) => reason)).toEqual(["unknownSort", ...Array(4).fill("badCursor")]);
});

test("a key pair is made once for its id, and not again after it was deleted", async () => {
  const { keyPair } = callerAs(cloud, "member");
  const input = { id: crypto.randomUUID(), name: "mine", projectId: cloud.projectId, publicKey };
  const made = await keyPair.import(input);
  expect(await keyPair.import(input)).toEqual(made);
  await keyPair.delete({ id: input.id });
  expect(await refusal(keyPair.import(input))).toMatchObject({ reason: "keyPairNotFound" });
  expect((await keyPair.list({})).total).toBe(0);
});
