/** What an image says of the machine: on the rows of what is made of it, to the agent, and refused where nobody can honour it. */
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { readSnapshot } from "./agent/snapshot.ts";
import { callerAs, launchOf, openTestCloud, placeGuest, refusal, type TestCloud } from "./testing.ts";

let cloud: TestCloud;
const typeId = crypto.randomUUID();
beforeAll(async () => {
  cloud = await openTestCloud();
  await callerAs(cloud, "cloudAdmin").admin.volumeType.create({ id: typeId, name: "standard" });
  await callerAs(cloud, "cloudAdmin").admin.volumeType.setDefault({ id: typeId });
});
afterAll(() => cloud.close());
const windows = { hw_disk_bus: "sata", hw_vif_model: "e1000e", hw_firmware_type: "UEFI", os_distro: "any" };
const hardware = { diskBus: "sata", nicModel: "e1000e", firmware: "uefi" };
beforeEach(() => setImage({ properties: windows, diskFormat: "qcow2", uploadFormat: "qcow2" }));

const member = () => callerAs(cloud, "member");
const setImage = (data: object) => cloud.database.prisma.image.update({ where: { id: cloud.imageId }, data });
const launched = async (input = launchOf(cloud)) => {
  const { ids } = await member().instance.launch(input);
  return await cloud.database.prisma.instance.findUniqueOrThrow({ where: { id: ids[0] ?? "" } });
};
const bootOf = (
  from:
    | { kind: "image"; imageId: string }
    | { kind: "volume"; volumeId: string }
    | { kind: "snapshot"; snapshotId: string },
) =>
  launchOf(cloud, {
    imageId: null,
    bootVolume: {
      ...{ kind: "new", ids: [crypto.randomUUID()], from, name: null, sizeGib: null },
      ...{ volumeTypeId: null, deleteWithInstance: true },
    },
  });

test("is fixed on the instance at its launch, and told to its agent", async () => {
  const { id } = await launched();
  await setImage({ properties: {} });
  const row = await cloud.database.prisma.instance.findUniqueOrThrow({ where: { id } });
  expect(row.hardware).toEqual(hardware);
  const { hypervisorId } = await placeGuest(cloud.database, id);
  const told = await readSnapshot({ ...cloud.deps, agents: cloud.database, bus: cloud.bus }, hypervisorId);
  expect(told.guests[0]).toMatchObject({ instanceId: id, hardware });
  // The page shows what is usual beside it.
  expect((await member().instance.get({ projectId: cloud.projectId, id })).hardware).toEqual({
    ...{ ...hardware, videoModel: "vga", architecture: "x86_64", medium: "disk" },
    ...{ bootMenu: "no", guestAgent: "yes" },
  });
});

test("is nothing where the image says nothing", async () => {
  await setImage({ properties: { os_distro: "debian" } });
  expect((await launched()).hardware).toEqual({});
});

test("goes with a volume that is made of the image, and with what is copied from that", async () => {
  const { prisma } = cloud.database;
  const instance = await launched(bootOf({ kind: "image", imageId: cloud.imageId }));
  expect(instance).toMatchObject({ imageId: null, hardware });
  const made = { projectId: cloud.projectId, id: crypto.randomUUID(), name: "root", sizeGib: null };
  const { id: volumeId } = await member().volume.create({
    ...{ ...made, source: { kind: "image", imageId: cloud.imageId } },
  });
  expect((await prisma.volume.findUniqueOrThrow({ where: { id: volumeId } })).hardware).toEqual(hardware);
  await setImage({ properties: {} });
  const copy = await launched(bootOf({ kind: "volume", volumeId }));
  expect(copy.hardware).toEqual(hardware);
});

test("makes a CD of an ISO that was kept: only with a flavor that has a disk, and never of a volume", async () => {
  await setImage({ properties: {}, diskFormat: "raw", uploadFormat: "iso" });
  expect((await launched()).hardware).toEqual({ medium: "cdrom" });
  const fromVolume = await launched(bootOf({ kind: "image", imageId: cloud.imageId }));
  expect(fromVolume.hardware).toEqual({});
  const { prisma } = cloud.database;
  const { diskGib } = await prisma.flavor.findUniqueOrThrow({ where: { id: cloud.flavorId } });
  await prisma.flavor.update({ where: { id: cloud.flavorId }, data: { diskGib: 0 } });
  expect(await refusal(member().instance.launch(launchOf(cloud)))).toMatchObject({
    ...{ code: "InvalidInput", reason: "imageCdNeedsDisk", field: "flavorId" },
  });
  await prisma.flavor.update({ where: { id: cloud.flavorId }, data: { diskGib } });
});

test("is refused in words where nobody can honour it", async () => {
  await setImage({ properties: { hw_disk_bus: "ide" } });
  expect(await refusal(member().instance.launch(launchOf(cloud)))).toMatchObject({
    ...{ code: "InvalidInput", reason: "imagePropertyUnmet" },
    params: { name: "hw_disk_bus", value: "ide", allowed: "virtio, scsi, sata" },
  });
});

const hostile: Record<string, string>[] = [
  { hw_disk_bus: "ide" },
  { os_secure_boot: "required" },
  { hw_firmware_type: "uefi'/><disk" },
  { architecture: "x86_64", hw_architecture: "i686" },
  { hw_boot_menu: "\u0000" },
];
test.each(hostile)("can't be given to an image: %o", async (properties) => {
  const image = {
    ...{ projectId: cloud.projectId, id: crypto.randomUUID(), name: "cd", properties },
    source: { kind: "upload" as const, sizeBytes: 10 },
  };
  expect(await refusal(member().image.create(image))).toMatchObject({ code: "InvalidInput" });
  expect(await cloud.database.prisma.image.count({ where: { id: image.id } })).toBe(0);
});
