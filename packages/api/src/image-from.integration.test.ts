/** What an image that is made of a disk says of the machine: what the disk had, and nothing of others' images that are out of sight. */
import { writeStatus, writeVolumeStatus } from "@madang/db";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { callerAs, launchOf, openTestCloud, placeGuest, type TestCloud } from "./testing.ts";

let cloud: TestCloud;
const typeId = crypto.randomUUID();
beforeAll(async () => {
  cloud = await openTestCloud();
  await callerAs(cloud, "cloudAdmin").admin.volumeType.create({ id: typeId, name: "standard" });
  await callerAs(cloud, "cloudAdmin").admin.volumeType.setDefault({ id: typeId });
});
afterAll(() => cloud.close());

const windows = { hw_disk_bus: "SATA", architecture: "x86_64", os_distro: "windows" };
const hardware = { hw_disk_bus: "sata", hw_architecture: "x86_64" };
const inSight = { projectId: null, visibility: "public" } as const;
beforeEach(() => setImage({ ...inSight, properties: windows, minDiskGib: 1, minRamMib: 64 }));

const member = () => callerAs(cloud, "member");
const setImage = (data: object) => cloud.database.prisma.image.update({ where: { id: cloud.imageId }, data });
type Kind = "instance" | "volume" | "snapshot";

async function running() {
  const { prisma } = cloud.database;
  const [id = ""] = (await member().instance.launch(launchOf(cloud))).ids;
  const { hypervisorId } = await placeGuest(cloud.database, id, { observed: "running" });
  await prisma.$transaction((tx) => writeStatus(tx, id));
  return { id, hypervisorId };
}

/** Of the image, or a copy of one of its volumes, as if a hypervisor had made it. */
async function volume(hypervisorId: string, copied: boolean): Promise<string> {
  const { prisma } = cloud.database;
  type Wish = Parameters<ReturnType<typeof member>["volume"]["create"]>[0];
  const make = async (source: Wish["source"]) => {
    const made = { projectId: cloud.projectId, id: crypto.randomUUID(), name: "root", sizeGib: null };
    await member().volume.create({ ...made, source });
    const data = { hypervisorId, observed: "available", ackedGeneration: 1 } as const;
    await prisma.volume.update({ where: { id: made.id }, data });
    await writeVolumeStatus(prisma, made.id);
    return made.id;
  };
  const first = await make({ kind: "image", imageId: cloud.imageId });
  return copied ? await make({ kind: "volume", volumeId: first }) : first;
}

async function imageOf(kind: Kind, of: string) {
  const id = crypto.randomUUID();
  await member().image.createFrom({ projectId: cloud.projectId, id, name: "made", of: { kind, id: of } });
  return await cloud.database.prisma.image.findUniqueOrThrow({ where: { id } });
}

test("an instance's image asks for what the instance had, whatever its own image says since", async () => {
  const { id } = await running();
  expect(await imageOf("instance", id)).toMatchObject({
    ...{ minDiskGib: 1, minRamMib: 64, properties: { os_distro: "windows", ...hardware } },
  });
  await setImage({ properties: { hw_disk_bus: "scsi", hw_vif_model: "e1000", os_distro: "debian" } });
  expect((await imageOf("instance", id)).properties).toEqual({ os_distro: "debian", ...hardware });
});

test.for([false, true])("a volume's image asks for what the volume has (a copy: %o)", async (copied) => {
  const { hypervisorId } = await running();
  const id = await volume(hypervisorId, copied);
  await setImage({ properties: { hw_disk_bus: "scsi" } });
  expect((await imageOf("volume", id)).properties).toEqual(hardware);
});

const out = {
  "withdrawn from the project": { visibility: "shared" },
  "made private": { visibility: "private" },
  "being deleted": { visibility: "public", deleteRequestedAt: new Date() },
};
test.each(Object.entries(out))(
  "an image that is %s tells nothing but what the disk had",
  async (_name, now) => {
    const { id, hypervisorId } = await running();
    const volumeId = await volume(hypervisorId, false);
    const secret = { os_distro: "secret", hw_disk_bus: "scsi" };
    await setImage({ projectId: cloud.otherProjectId, properties: secret, minRamMib: 4_096, ...now });
    const least = { minDiskGib: 0, minRamMib: 0 };
    for (const made of [await imageOf("instance", id), await imageOf("volume", volumeId)]) {
      expect(made).toMatchObject(least);
      expect(made.properties).toEqual(hardware);
    }
    await setImage({ deleteRequestedAt: null });
  },
);

test("an accepted share tells what it says", async () => {
  const { id } = await running();
  const { prisma } = cloud.database;
  await setImage({ projectId: cloud.otherProjectId, visibility: "shared" });
  const share = { imageId: cloud.imageId, projectId: cloud.projectId };
  await prisma.imageMember.create({ data: { ...share, state: "rejected" } });
  expect((await imageOf("instance", id)).properties).toEqual(hardware);
  await prisma.imageMember.updateMany({ where: share, data: { state: "accepted" } });
  expect((await imageOf("instance", id)).properties).toEqual({ os_distro: "windows", ...hardware });
});
