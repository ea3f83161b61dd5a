import { launchInput } from "@madang/core/instance/launch";
import { launchDisksBlocked } from "@madang/core/instance/launch-disk";
import { volumeUsage } from "@madang/core/quota/type-resource";
import fc from "fast-check";
import { expect, test } from "vitest";
import { z } from "zod";
import { devicePath } from "../instance/device-path.ts";
import { volumeIdOf } from "./disk-input.ts";
import {
  bootGib,
  chosenOrigins,
  type DiskChoices,
  diskFaults,
  emptyBoot,
  emptyDisk,
  newVolumesUsage,
} from "./disks.ts";
import { freshIds } from "./draft.ts";
import { emptyLaunch, type LaunchForm, launchFormOf, launchInputOf } from "./form-schema.ts";

const uuid = () => crypto.randomUUID();
const [imageId, snapshotId, usual, fast] = [uuid(), uuid(), uuid(), uuid()];
const choices: DiskChoices = {
  images: [{ id: imageId, minDiskGib: 0, virtualSizeBytes: 2.2 * 1024 ** 3 }],
  snapshots: [{ id: snapshotId, sizeGib: 7, volumeTypeId: fast }],
  usualTypeId: usual,
};
const blank = () => emptyDisk(uuid());
const form = (fields: Partial<LaunchForm>): LaunchForm => ({
  ...emptyLaunch,
  name: "web",
  flavorId: uuid(),
  imageId,
  ...fields,
});
const boot = (fields: Partial<LaunchForm["boot"]>) => ({ boot: { ...emptyBoot, ...fields } });

test("what a form names already is asked for by its id, each once, and nothing that it does not name", () => {
  const [volumeId, other] = [uuid(), uuid()];
  const disks = [
    { ...blank(), kind: "snapshot" as const, sourceId: other },
    { ...blank(), kind: "snapshot" as const, sourceId: snapshotId },
    { ...blank(), kind: "volume" as const, sourceId: volumeId },
    { ...blank(), kind: "volume" as const, sourceId: "" },
    blank(),
  ];
  expect(chosenOrigins(form({ ...boot({ kind: "snapshot", snapshotId }), disks }))).toEqual({
    volumeIds: [volumeId],
    snapshotIds: [snapshotId, other],
  });
  expect(chosenOrigins(form({}))).toEqual({ volumeIds: [], snapshotIds: [] });
});

test("a new volume to boot from is as large as the flavor's disk, never smaller than what goes on it", () => {
  const values = form(boot({ kind: "newVolume" }));
  expect(bootGib(values, choices, undefined)).toBe(3);
  expect(bootGib(values, choices, { diskGib: 20 })).toBe(20);
  expect(bootGib(form(boot({ kind: "newVolume", size: "5" })), choices, { diskGib: 20 })).toBe(5);
  expect(bootGib(form(boot({ kind: "snapshot", snapshotId })), choices, { diskGib: 1 })).toBe(7);
  expect(bootGib(form({}), choices, { diskGib: 20 })).toBeNull();
});

test("what is new counts for every instance and for its type, what is there does not", () => {
  const disks = [
    { ...blank(), size: "4", volumeTypeId: fast },
    { ...blank(), kind: "snapshot" as const, sourceId: snapshotId, size: "" },
    { ...blank(), kind: "volume" as const, sourceId: uuid() },
  ];
  const values = form({ ...boot({ kind: "newVolume" }), disks, count: 2 });
  expect(newVolumesUsage(values, choices, undefined)).toEqual({
    volumes: 6,
    gigabytes: 2 * (3 + 4 + 7),
    ...Object.fromEntries(
      Object.entries(volumeUsage(usual, { volumes: 2, gigabytes: 6 })).filter(([name]) => name.includes(":")),
    ),
    ...Object.fromEntries(
      Object.entries(volumeUsage(fast, { volumes: 4, gigabytes: 22 })).filter(([name]) => name.includes(":")),
    ),
  });
  expect(newVolumesUsage(form({}), choices, undefined)).toEqual({});
});

test.each([
  ["an image", form({ imageId: "" }), ["imageId"], "imageRequired"],
  ["a volume", form(boot({ kind: "volume" })), ["boot", "volumeId"], "volumeRequired"],
  ["a snapshot", form(boot({ kind: "snapshot" })), ["boot", "snapshotId"], "snapshotRequired"],
  ["room for the image", form(boot({ kind: "newVolume", size: "2" })), ["boot", "size"], "volumeTooSmall"],
  ["a size", form(boot({ kind: "newVolume", size: "ten" })), ["boot", "size"], "volumeTooSmall"],
  ["a disk's size", form({ disks: [{ ...blank(), size: "" }] }), ["disks", 0, "size"], "volumeTooSmall"],
  [
    "one instance for a volume that is there",
    form({ ...boot({ kind: "volume", volumeId: uuid() }), count: 2 }),
    ["boot", "volumeId"],
    "volumeWithSeveral",
  ],
])("it asks for %s", (_what, values, path, message) => {
  expect(diskFaults(values, choices)).toEqual([{ path, message }]);
  const issues = launchFormOf(choices).safeParse(values).error?.issues ?? [];
  expect(issues.map((issue) => [issue.path, issue.message])).toEqual([[path, message]]);
});

test("one volume is no two disks", () => {
  const disk = { ...blank(), kind: "volume" as const, sourceId: uuid() };
  const values = form({ ...boot({ kind: "volume", volumeId: disk.sourceId }), disks: [disk] });
  expect(diskFaults(values, choices)).toEqual([{ path: ["disks", 0, "sourceId"], message: "volumeTwice" }]);
});

test("faults of disks are told beside those of other fields", () => {
  const values = form({ name: "", disks: [{ ...blank(), size: "0" }] });
  const paths = launchFormOf(choices)
    .safeParse(values)
    .error?.issues.map(({ path }) => path.join("."));
  expect(paths).toEqual(["name", "disks.0.size"]);
});

test("whatever is filled in without a fault is a launch that the schema takes", () => {
  const kind = fc.constantFrom(...(["image", "newVolume", "volume", "snapshot"] as const));
  const text = fc.constantFrom("", "7", "12", "0", "-1", "1e3", "99999", "'; DROP", "🐯");
  const disk = fc.record({
    key: fc.uuid(),
    kind: fc.constantFrom(...(["blank", "snapshot", "volume"] as const)),
    name: fc.constantFrom("", "data", "<b>", "a\u0000"),
    sourceId: fc.constantFrom("", snapshotId, usual),
    size: text,
    volumeTypeId: fc.constantFrom("", fast),
    deleteWithInstance: fc.boolean(),
  });
  const view = fc.record({
    kind,
    size: text,
    disks: fc.array(disk, { maxLength: 17 }),
    count: fc.integer({ min: 1, max: 3 }),
  });
  fc.assert(
    fc.property(view, ({ kind: from, size, disks, count }) => {
      const chosen = boot({ kind: from, size, snapshotId, volumeId: fast });
      const values = form({ ...chosen, disks, count });
      const parsed = launchFormOf(choices).safeParse(values);
      if (!parsed.success) return;
      const input = launchInputOf(parsed.data, uuid(), Array.from({ length: 50 }, uuid));
      expect(launchInput.safeParse(input).error).toBeUndefined();
      expect(launchDisksBlocked(input)).toBeNull();
    }),
    { numRuns: 500 },
  );
});

test("a new volume's id is the same for the same instance and disk, and begins as no other one", () => {
  const bootId = (instance: string) => {
    const { bootVolume } = launchInputOf(form(boot({ kind: "newVolume" })), uuid(), [instance]);
    return bootVolume?.kind === "new" ? (bootVolume.ids[0] ?? "") : "";
  };
  const instances = freshIds();
  const keys = Array.from({ length: 16 }, uuid);
  const all = () =>
    instances.flatMap((instance) => [bootId(instance), ...keys.map((key) => volumeIdOf(instance, key))]);
  const ids = all();
  expect(all()).toEqual(ids);
  for (const id of ids) expect(z.uuid().safeParse(id).success).toBe(true);
  // A guest knows a disk by so much of it.
  expect(new Set(ids.map(devicePath)).size).toBe(50 * 17);
});
