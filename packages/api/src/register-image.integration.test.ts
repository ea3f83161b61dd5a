/** Files of the cloud's own machine become its images: what they are is seen, not said. */
import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { registerImage } from "./admission/register-image.ts";
import { callerAs, launchOf, openTestCloud, type TestCloud } from "./testing.ts";

let cloud: TestCloud;
let folder: string;
beforeAll(async () => {
  cloud = await openTestCloud();
  folder = await mkdtemp(join(tmpdir(), "madang-register-"));
});
afterAll(async () => {
  await cloud.close();
  await rm(folder, { recursive: true, force: true });
});

const store = () => join(folder, "store");
async function register(name: string, bytes: Buffer) {
  const path = join(folder, name);
  await writeFile(path, bytes);
  const { prisma } = cloud.database;
  const id = await registerImage(prisma, store(), { name, path });
  return await prisma.image.findUniqueOrThrow({ where: { id } });
}

const blocks = 20;
/** ISO 9660, twenty blocks of 2 KiB. */
function cd(claimed = blocks): Buffer {
  const bytes = Buffer.alloc(blocks * 2_048);
  bytes.write("\u0001CD001\u0001", 0x8000, "latin1");
  bytes.writeUInt32LE(claimed, 0x8000 + 80);
  bytes.writeUInt16LE(2_048, 0x8000 + 128);
  return bytes;
}

test("an ISO is a CD to what is launched from it, and any other file a disk", async () => {
  const image = await register("installer.iso", cd());
  expect(image).toMatchObject({ uploadFormat: "iso", diskFormat: "raw", status: "active" });
  const launch = launchOf(cloud, { imageId: image.id });
  const [id = ""] = (await callerAs(cloud, "member").instance.launch(launch)).ids;
  const { hardware } = await cloud.database.prisma.instance.findUniqueOrThrow({ where: { id } });
  expect(hardware).toEqual({ medium: "cdrom" });
  expect(await register("disk.raw", Buffer.alloc(blocks * 2_048))).toMatchObject({
    uploadFormat: null,
    diskFormat: "raw",
  });
});

test("an ISO that is not all there is refused and leaves nothing", async () => {
  const before = await readdir(store());
  await expect(register("cut.iso", cd(blocks + 1))).rejects.toMatchObject({ code: "InvalidInput" });
  expect(await readdir(store())).toEqual(before);
  expect(await cloud.database.prisma.image.count({ where: { name: "cut.iso" } })).toBe(0);
});
