/** Operations of images and volumes that are given up: as what they are of, by whoever may do that, and only while they are open. */
import { writeVolumeStatus } from "@madang/db";
import { afterAll, beforeAll, expect, test } from "vitest";
import { callerAs, openTestCloud, refusal, type TestCloud } from "./testing.ts";

let cloud: TestCloud;
beforeAll(async () => {
  cloud = await openTestCloud();
  const id = crypto.randomUUID();
  await callerAs(cloud, "cloudAdmin").admin.volumeType.create({ id, name: "standard" });
  await callerAs(cloud, "cloudAdmin").admin.volumeType.setDefault({ id });
});
afterAll(() => cloud.close());

const member = () => callerAs(cloud, "member");
const openOf = async (resourceId: string) => {
  const where = { resourceId, state: { in: ["pending", "running"] satisfies ("pending" | "running")[] } };
  return await cloud.database.prisma.operation.findMany({ where, orderBy: { createdAt: "asc" } });
};
const cancel = (operationId: string, who: Parameters<typeof callerAs>[1] = "member") =>
  callerAs(cloud, who).operation.cancel({ projectId: cloud.projectId, operationId });

async function upload(isProtected = false): Promise<{ id: string; operationId: string }> {
  const id = crypto.randomUUID();
  await member().image.create({
    ...{ projectId: cloud.projectId, id, name: "brought", format: "raw", protected: isProtected },
    source: { kind: "upload", sizeBytes: 1_000_000 },
  });
  const [operation] = await openOf(id);
  return { id, operationId: operation?.id ?? "" };
}

test("an image on its way is given up as if it were deleted, once on the record", async () => {
  const { prisma } = cloud.database;
  const { id, operationId } = await upload();
  await Promise.all([cancel(operationId), cancel(operationId)]);
  expect(await prisma.image.findUniqueOrThrow({ where: { id } })).toMatchObject({
    deleteRequestedAt: expect.any(Date),
  });
  expect((await openOf(id)).map(({ kind }) => kind)).toEqual(["image.upload", "image.delete"]);
  const trail = await prisma.event.findMany({ where: { resourceId: id }, orderBy: { id: "asc" } });
  expect(trail.map(({ action }) => action)).toEqual(["image.create", "image.delete"]);
});

test("what has ended, is protected, is another project's or nobody may undo stays as it is", async () => {
  const { prisma } = cloud.database;
  const { id, operationId } = await upload();
  expect(await refusal(cancel(operationId, "reader"))).toMatchObject({ reason: "roleTooWeak" });
  expect(await refusal(cancel(operationId, "outsider"))).toMatchObject({ reason: "projectNotFound" });
  expect(await refusal(cancel(crypto.randomUUID()))).toMatchObject({ reason: "operationNotFound" });
  await prisma.operation.update({ where: { id: operationId }, data: { state: "succeeded" } });
  expect(await refusal(cancel(operationId))).toMatchObject({ reason: "operationEnded" });
  expect((await prisma.image.findUniqueOrThrow({ where: { id } })).deleteRequestedAt).toBeNull();

  const kept = await upload(true);
  expect(await refusal(cancel(kept.operationId))).toMatchObject({ reason: "imageProtected" });
  const { projectId } = cloud;
  await member().image.update({ projectId, id: kept.id, protected: false });
  const { operationId: deletion } = await member().image.delete({ projectId, id: kept.id });
  expect(await refusal(cancel(deletion))).toMatchObject({ reason: "operationNotCancellable" });
});

test("a copy that is under way is given up with the volume that it makes", async () => {
  const { prisma } = cloud.database;
  const { projectId } = cloud;
  const make = async (wish: object) => {
    const id = crypto.randomUUID();
    await member().volume.create({ projectId, id, name: "data", sizeGib: 1, ...wish });
    return id;
  };
  const origin = await make({});
  const hypervisorId = crypto.randomUUID();
  await prisma.hypervisor.create({ data: { id: hypervisorId, name: "host" } });
  const data = { hypervisorId, observed: "available", ackedGeneration: 1 } as const;
  await prisma.volume.update({ where: { id: origin }, data });
  await writeVolumeStatus(prisma, origin);
  const copy = await make({ source: { kind: "volume", volumeId: origin } });
  const [operation] = await openOf(copy);
  expect(operation?.kind).toBe("volume.create");
  await cancel(operation?.id ?? "");
  expect(await prisma.volume.findUniqueOrThrow({ where: { id: copy } })).toMatchObject({
    status: "deleting",
  });
  expect(await prisma.volume.findUniqueOrThrow({ where: { id: origin } })).toMatchObject({
    deleteRequestedAt: null,
  });
});
