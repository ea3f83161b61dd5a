/** Launches with volumes: what is made, what is refused, and that no quota is ever exceeded. */
import type { LaunchInput } from "@madang/core/instance/launch";
import type { LaunchBootVolume, LaunchVolume } from "@madang/core/instance/launch-disk";
import { writeVolumeStatus } from "@madang/db";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { callerAs, launchOf, openTestCloud, refusal, type TestCloud } from "./testing.ts";

let cloud: TestCloud;
const typeId = crypto.randomUUID();
beforeAll(async () => {
  cloud = await openTestCloud();
  await admin().volumeType.create({ id: typeId, name: "standard" });
  await admin().volumeType.setDefault({ id: typeId });
});
afterAll(() => cloud.close());
beforeEach(async () => {
  const { prisma } = cloud.database;
  await prisma.$executeRaw`TRUNCATE instance, guest, hypervisor, volume, volume_snapshot, operation CASCADE`;
  await prisma.quota.deleteMany();
});
/** Whatever was done: every status is what the rows say. */
afterEach(async () => {
  const { prisma } = cloud.database;
  for (const { id, status } of await prisma.volume.findMany())
    expect([id, await writeVolumeStatus(prisma, id)]).toEqual([id, status]);
});

const member = () => callerAs(cloud, "member");
const admin = () => callerAs(cloud, "cloudAdmin").admin;
const uuid = () => crypto.randomUUID();

const rootless = (bootVolume: LaunchBootVolume, fields: Partial<LaunchInput> = {}) =>
  launchOf(cloud, { imageId: null, bootVolume, ...fields });
const fresh = (count = 1) => ({
  ...{ kind: "new" as const, ids: Array.from({ length: count }, uuid), name: null, sizeGib: null },
  ...{ volumeTypeId: null, deleteWithInstance: true },
});
const ofImage = (count = 1): LaunchBootVolume => ({
  ...fresh(count),
  from: { kind: "image", imageId: cloud.imageId },
});
const blank = (sizeGib: number | null, count = 1): LaunchVolume => ({ ...fresh(count), sizeGib, from: null });
const present = (volumeId: string) => ({ kind: "volume" as const, volumeId, deleteWithInstance: false });

async function volume(data: object = {}): Promise<string> {
  const { id } = await member().volume.create({
    ...{ projectId: cloud.projectId, id: uuid(), name: "data", sizeGib: 10 },
  });
  await cloud.database.prisma.volume.update({ where: { id }, data });
  await writeVolumeStatus(cloud.database.prisma, id);
  return id;
}

async function hypervisor(name: string, availabilityZone = "nova"): Promise<string> {
  const { id } = await cloud.database.prisma.hypervisor.create({
    data: { id: uuid(), name, availabilityZone },
  });
  return id;
}
const onHost = (hypervisorId: string) => ({
  ...{
    hypervisorId,
    observed: "available",
    made: true,
    ackedGeneration: 1,
    observedSizeBytes: 10n * 1024n ** 3n,
  },
});

describe("a launch from a new volume", () => {
  test("makes it as large as the flavor's disk, reserved, and no image of the instance's own", async () => {
    const input = rootless(ofImage(2), { ids: [uuid(), uuid()], volumes: [blank(3, 2)] });
    const { ids } = await member().instance.launch(input);
    expect(ids).toEqual(input.ids);
    const { prisma } = cloud.database;
    const flavor = await prisma.flavor.findUniqueOrThrow({ where: { id: cloud.flavorId } });
    for (const [index, id] of ids.entries()) {
      const row = await prisma.instance.findUniqueOrThrow({
        where: { id },
        include: { volumes: { include: { volume: true }, orderBy: { position: "asc" } } },
      });
      expect(row).toMatchObject({ imageId: null, imageName: null, imageSource: null });
      const [boot, data] = row.volumes;
      expect(boot).toMatchObject({ boot: true, deleteWithInstance: true, phase: "reserved", position: 0 });
      expect(boot?.volume).toMatchObject({
        ...{ name: `web-${index + 1}-root`, sizeGib: flavor.diskGib, source: "image", bootable: true },
        ...{ hypervisorId: null, status: "reserved", imageId: cloud.imageId },
      });
      expect(data).toMatchObject({ boot: false, position: 1 });
      expect(data?.volume).toMatchObject({ name: `web-${index + 1}-disk-1`, sizeGib: 3, source: "blank" });
    }
    const [item] = (await member().instance.list({ projectId: cloud.projectId, sort: "imageName" })).items;
    expect(item).toMatchObject({
      imageName: null,
      bootVolume: { name: expect.stringMatching(/^web-[12]-root$/), imageName: expect.any(String) },
    });
  });

  test("sent twice is the same one, and with other volumes its ids are in use", async () => {
    const input = rootless(ofImage(), { volumes: [blank(1)] });
    const [first, again] = [await member().instance.launch(input), await member().instance.launch(input)];
    expect(again).toEqual(first);
    const { prisma } = cloud.database;
    expect([await prisma.volume.count(), await prisma.instance.count()]).toEqual([2, 1]);
    expect(await refusal(member().instance.launch({ ...input, volumes: [] }))).toMatchObject({
      reason: "idInUse",
    });
    const taken = rootless({ ...ofImage(), ids: input.ids } as LaunchBootVolume);
    expect(await refusal(member().instance.launch(taken))).toMatchObject({ reason: "idInUse" });
    const twice = rootless({ ...ofImage(), ids: [first.ids[0] ?? ""] } as LaunchBootVolume, {
      ids: first.ids,
    });
    expect(await refusal(member().instance.launch(twice))).toMatchObject({ reason: "idsRepeat" });
  });

  test("looks at no new volume by itself, however many there are, and says of all what is so", async () => {
    const { prisma } = cloud.database;
    const hypervisorId = await hypervisor("one");
    const origin = await volume({ ...onHost(hypervisorId), bootable: true });
    const ids = Array.from({ length: 3 }, uuid);
    const copy: LaunchVolume = { ...fresh(3), from: { kind: "volume", volumeId: origin } };
    await member().instance.launch(rootless(ofImage(3), { ids, volumes: [copy, blank(1, 3)] }));
    const made = await prisma.volume.findMany({ where: { id: { not: origin } } });
    expect(made.map(({ source, status }) => `${source} ${status}`).sort()).toEqual([
      ...Array.from({ length: 3 }, () => "blank reserved"),
      ...Array.from({ length: 3 }, () => "image reserved"),
      ...Array.from({ length: 3 }, () => "volume creating"),
    ]);
    for (const { id, status } of made) expect(await writeVolumeStatus(prisma, id)).toBe(status);
    // All by one command of their transaction, and none changed by another after it.
    const again = await prisma.$queryRaw<
      { id: string }[]
    >`SELECT id FROM volume v WHERE v.id <> ${origin}::uuid
      AND EXISTS (SELECT 1 FROM volume w WHERE w.id <> ${origin}::uuid AND w.cmin::text <> v.cmin::text)`;
    expect(again).toEqual([]);
  });

  test("of a copy waits for the copy, and keeps its origin whole meanwhile", async () => {
    const hypervisorId = await hypervisor("one");
    const origin = await volume({ ...onHost(hypervisorId), bootable: true });
    const input = rootless({ ...fresh(), from: { kind: "volume", volumeId: origin } });
    await member().instance.launch(input);
    const { prisma } = cloud.database;
    const copy = await prisma.volume.findFirstOrThrow({ where: { sourceVolumeId: origin } });
    expect(await writeVolumeStatus(prisma, copy.id)).toBe(copy.status);
    expect(copy).toMatchObject({ status: "creating", source: "volume", sizeGib: 10, bootable: true });
    expect(await prisma.operation.count({ where: { kind: "volume.create", resourceId: copy.id } })).toBe(1);
    const ref = { projectId: cloud.projectId, id: origin };
    expect(await refusal(member().volume.delete({ ...ref, snapshots: true }))).toMatchObject({
      reason: "volumeBeingCopied",
    });
    const both = rootless({
      ...fresh(),
      from: { kind: "volume", volumeId: await volume({ bootable: true }) },
    });
    const boot =
      both.bootVolume?.kind === "new" && both.bootVolume.from.kind === "volume" ? both.bootVolume.from : null;
    const disks = { ...both, volumes: [present(boot?.volumeId ?? "")] };
    await member().instance.launch(disks);
    expect(await prisma.instance.count()).toBe(2);
  });
});

describe("a launch from a volume that is there", () => {
  test("takes it, shows it, and it can't be detached", async () => {
    const id = await volume({ bootable: true });
    const { ids } = await member().instance.launch(rootless(present(id)));
    const ref = { projectId: cloud.projectId, id };
    const detail = await member().instance.get({ projectId: cloud.projectId, id: ids[0] ?? "" });
    expect(detail).toMatchObject({ imageName: null, bootVolume: { id, name: "data", imageName: null } });
    expect(await refusal(member().volume.detach(ref))).toMatchObject({ reason: "volumeBooted" });
    expect(await refusal(member().instance.launch(rootless(present(id))))).toMatchObject({
      code: "InvalidState",
      reason: "volumeAttached",
      field: "bootVolume",
    });
  });

  test("tells no name of an image that its project can't see, whatever its volume was made of", async () => {
    const { prisma } = cloud.database;
    const image = { name: "theirs", projectId: cloud.otherProjectId, visibility: "private" } as const;
    const data = { ...image, id: uuid(), status: "active", diskFormat: "raw" } as const;
    const { id: imageId } = await prisma.image.create({ data });
    const id = await volume({ bootable: true, source: "image", imageId });
    const { ids } = await member().instance.launch(rootless(present(id)));
    const ref = { projectId: cloud.projectId, id: ids[0] ?? "" };
    const shown = async () => (await member().instance.get(ref)).bootVolume?.imageName;
    expect(await shown()).toBeNull();
    await prisma.image.update({ where: { id: imageId }, data: { visibility: "community" } });
    expect(await shown()).toBe("theirs");
    await prisma.image.update({
      where: { id: imageId },
      data: { visibility: "private", projectId: cloud.projectId },
    });
    expect(await shown()).toBe("theirs");
    await prisma.volume.update({ where: { id }, data: { imageId: null } });
    await prisma.image.delete({ where: { id: imageId } });
  });

  test("is refused where the volumes can't all be its disks", async () => {
    const [here, there] = [await hypervisor("here"), await hypervisor("there", "other")];
    const [boot, data] = [await volume({ ...onHost(here), bootable: true }), await volume(onHost(there))];
    const said = async (input: LaunchInput) => {
      const { code, reason, field, params } = await refusal(member().instance.launch(input));
      return { code, reason, field, params };
    };
    const both = rootless(present(boot), { volumes: [present(data)] });
    expect(await said(both)).toMatchObject({
      ...{ code: "Conflict", reason: "volumesApart", params: { volumes: "data, data" } },
    });
    const zoned = rootless(present(boot), { availabilityZone: "other" });
    expect(await said(zoned)).toMatchObject({ reason: "volumeOtherZone", params: { zone: "nova" } });
    expect(await said(rootless(present(data)))).toMatchObject({ reason: "volumeNotBootable" });
    expect(await said(rootless(present(uuid())))).toMatchObject({ reason: "volumeNotFound" });
    const theirs = await volume({ projectId: cloud.otherProjectId, bootable: true });
    expect(await said(rootless(present(theirs)))).toMatchObject({ reason: "volumeNotFound" });
    expect(await said(launchOf(cloud, { volumes: [blank(null)] }))).toMatchObject({
      ...{ reason: "volumeSizeNeeded", field: "volumes" },
    });
    const small = { ...ofImage(), sizeGib: 1, from: { kind: "volume", volumeId: boot } } as LaunchBootVolume;
    expect(await said(rootless(small))).toMatchObject({ reason: "volumeSmaller", field: "bootVolume" });
    const strange = { ...blank(1), volumeTypeId: uuid() } as LaunchVolume;
    expect(await said(launchOf(cloud, { volumes: [strange] }))).toMatchObject({
      reason: "volumeTypeNotFound",
    });
    const unknown = { ...ofImage(), from: { kind: "image", imageId: uuid() } } as LaunchBootVolume;
    expect(await said(rootless(unknown))).toMatchObject({ reason: "imageNotFound", field: "bootVolume" });
    expect(await cloud.database.prisma.instance.count()).toBe(0);
    expect(await cloud.database.prisma.volumeAttachment.count()).toBe(0);
  });
});

describe("quota", () => {
  const limit = (resource: string, value: number) =>
    cloud.database.prisma.quota.create({ data: { projectId: cloud.projectId, resource, limit: value } });

  test("counts all volumes of all instances, and a refused launch leaves nothing", async () => {
    await limit("gigabytes", 11);
    const { prisma } = cloud.database;
    const before = await prisma.resourceId.count();
    const input = launchOf(cloud, { ids: [uuid(), uuid()], volumes: [blank(3, 2), blank(3, 2)] });
    expect((await refusal(member().instance.launch(input))).quota).toEqual([
      expect.objectContaining({ resource: "gigabytes", limit: 11, inUse: 0, requested: 12 }),
    ]);
    expect([await prisma.volume.count(), await prisma.instance.count()]).toEqual([0, 0]);
    expect(await prisma.resourceId.count()).toBe(before);
  });

  test("is never exceeded by launches at once, with others beside them", async () => {
    await limit("volumes", 7);
    await limit("gigabytes", 20);
    await limit("instances", 9);
    const attempts = Array.from({ length: 24 }, (_, index) => {
      if (index % 3 === 0) return launchOf(cloud);
      return launchOf(cloud, { volumes: [blank(1 + (index % 4)), ...(index % 2 ? [blank(1)] : [])] });
    });
    const settled = await Promise.allSettled(attempts.map((input) => member().instance.launch(input)));
    const { prisma } = cloud.database;
    const made = attempts.filter((_, index) => settled[index]?.status === "fulfilled");
    const volumes = await prisma.volume.findMany({ include: { attachments: true } });
    expect(volumes.length).toBeLessThanOrEqual(7);
    expect(volumes.reduce((sum, { sizeGib }) => sum + sizeGib, 0)).toBeLessThanOrEqual(20);
    expect(await prisma.instance.count()).toBe(made.length);
    expect(made.length).toBeLessThanOrEqual(9);
    expect(volumes).toHaveLength(made.reduce((sum, input) => sum + input.volumes.length, 0));
    expect(volumes.every(({ attachments }) => attachments.length === 1)).toBe(true);
    expect(made.length).toBeGreaterThan(0);
    for (const one of settled)
      if (one.status === "rejected")
        expect((await refusal(Promise.reject(one.reason))).code).toBe("QuotaExceeded");
    // Those at once may leave room for some; one volume more than that is refused.
    const room = 7 - volumes.length;
    const wish = (count: number) =>
      launchOf(cloud, { volumes: Array.from({ length: count }, () => blank(1)) });
    expect((await refusal(member().instance.launch(wish(room + 1)))).quota).toEqual(
      expect.arrayContaining([expect.objectContaining({ resource: "volumes", limit: 7 })]),
    );
  });

  test("one volume asked for by many launches at once is one instance's", async () => {
    const id = await volume({ bootable: true });
    const attempts = Array.from({ length: 8 }, () => member().instance.launch(rootless(present(id))));
    const settled = await Promise.allSettled(attempts);
    expect(settled.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
    expect(await cloud.database.prisma.volumeAttachment.count()).toBe(1);
    expect(await cloud.database.prisma.instance.count()).toBe(1);
  });
});
