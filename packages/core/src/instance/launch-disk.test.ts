import { expect, test } from "vitest";
import { launchInput } from "./launch.ts";
import { launchVolumeLimit } from "./launch-disk.ts";

const uuid = () => crypto.randomUUID();
const imageId = uuid();

function parsed(more: object, count = 1) {
  return launchInput.safeParse({
    ids: Array.from({ length: count }, uuid),
    projectId: uuid(),
    name: "web",
    flavorId: uuid(),
    keyPairId: null,
    password: null,
    userData: null,
    deleteProtection: false,
    ...more,
  });
}

/** The first objection and the field that it is about. */
function objection(more: object, count = 1) {
  const issue = parsed(more, count).error?.issues[0];
  return issue === undefined ? null : [issue.message, issue.path[0]];
}

const from = { kind: "image", imageId };
const fresh = (count: number) => ({ kind: "new", ids: Array.from({ length: count }, uuid), from });
const present = () => ({ kind: "volume", volumeId: uuid() });

test("who says nothing of volumes goes on as before", () => {
  expect(parsed({ imageId }).data).toMatchObject({ imageId, bootVolume: null, volumes: [] });
});

test.each([
  ["a volume that is there", present(), 1],
  ["a new one", fresh(1), 1],
  ["a new one each", fresh(3), 3],
])("boots from %s", (_, bootVolume, count) => {
  const { data } = parsed({ bootVolume, volumes: [{ ...fresh(count), from: null, sizeGib: 5 }] }, count);
  expect(data).toMatchObject({ imageId: null, bootVolume: { deleteWithInstance: false } });
  expect(data?.volumes).toMatchObject([{ from: null, name: null, volumeTypeId: null, sizeGib: 5 }]);
});

const one = present();

test.each([
  ["imageRequired", "imageId", {}, 1],
  ["imageAndBootVolume", "bootVolume", { imageId, bootVolume: present() }, 1],
  ["volumeIdsCount", "bootVolume", { bootVolume: fresh(1) }, 2],
  ["volumeIdsCount", "volumes", { imageId, volumes: [fresh(2)] }, 1],
  ["volumeWithSeveral", "bootVolume", { bootVolume: present() }, 2],
  ["volumeWithSeveral", "volumes", { imageId, volumes: [present()] }, 2],
  ["volumeTwice", "volumes", { imageId, volumes: [one, one] }, 1],
  ["volumeTwice", "volumes", { bootVolume: one, volumes: [one] }, 1],
  ["launchVolumesTooMany", "volumes", { imageId, volumes: Array(launchVolumeLimit + 1).fill(fresh(1)) }, 1],
  ["volumeSize", "volumes", { imageId, volumes: [{ ...fresh(1), sizeGib: 0 }] }, 1],
  ["volumeSize", "bootVolume", { bootVolume: { ...fresh(1), sizeGib: 65_537 } }, 1],
] as const)("%s of %s", (reason, field, more, count) => {
  expect(objection(more, count)).toEqual([reason, field]);
});

test("disks that an instance could not tell apart are refused, those of two instances are not", () => {
  const [id, alike] = ["019ab3c4-0000-7000-8123-000000000001", "019ab3c4-0000-7000-8123-000000000002"];
  const disk = (...ids: string[]) => ({ ...fresh(1), ids });
  const refused = ["volumeSerialTaken", "volumes"];
  expect(objection({ imageId, volumes: [disk(id), disk(alike)] })).toEqual(refused);
  expect(objection({ bootVolume: { ...present(), volumeId: id }, volumes: [disk(alike)] })).toEqual(refused);
  expect(parsed({ imageId, volumes: [disk(id, alike)] }, 2).success).toBe(true);
});

test("a boot disk is made of something, and hostile input is refused", () => {
  for (const bootVolume of [
    { ...fresh(1), from: null },
    { kind: "new", ids: ["../../etc/passwd"], from },
    { kind: "volume", volumeId: "1 OR 1=1" },
    { ...fresh(1), name: "a\u0000b" },
    { ...fresh(1), from: { kind: "file", path: "/etc/shadow" } },
  ])
    expect(parsed({ bootVolume }).success).toBe(false);
});

test("an id in upper case is the same volume", () => {
  const volumeId = uuid();
  const twice = [present(), present()].map((disk, index) => ({
    ...disk,
    volumeId: index === 0 ? volumeId : volumeId.toUpperCase(),
  }));
  expect(objection({ imageId, volumes: twice })).toEqual(["volumeTwice", "volumes"]);
});
