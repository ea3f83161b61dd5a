import { expect, test } from "vitest";
import type { SnapshotRow, VolumeRow } from "../../lib/rows.ts";
import { snapshotOptions, tyingVolumes, volumeOptions } from "./volume-choice.ts";

const plain = {
  description: "",
  metadata: {},
  fault: null,
  createdAt: new Date(),
  copies: 0,
  projectId: "p",
};
const volume = (id: string, fields: Partial<VolumeRow> = {}): VolumeRow => ({
  ...plain,
  id,
  name: id,
  sizeGib: 1,
  usedBytes: null,
  status: "available",
  phase: null,
  percent: null,
  volumeTypeId: "t",
  volumeTypeName: "standard",
  availabilityZone: null,
  zone: "nova",
  placed: true,
  placeKey: "here",
  bootable: true,
  deleteProtection: false,
  source: "blank",
  sourceName: null,
  sourceId: null,
  attachment: null,
  snapshotCount: 0,
  snapshotsKept: 0,
  snapshotsTaking: 0,
  transferring: false,
  userName: null,
  ...fields,
});
const snapshot = (id: string, volumeId: string, fields: Partial<SnapshotRow> = {}): SnapshotRow => ({
  ...plain,
  id,
  name: id,
  sizeGib: 1,
  volumeId,
  volumeName: volumeId,
  volumeTypeId: "t",
  bootable: true,
  status: "available",
  groupId: null,
  quiesced: null,
  goneBackTo: false,
  ...fields,
});
const rows = {
  volumes: [
    volume("free"),
    volume("empty", { bootable: false }),
    volume("new", { placeKey: null, zone: null, placed: false }),
    volume("far", { placeKey: "there" }),
    volume("copied", { copies: 1 }),
  ],
  snapshots: [snapshot("s1", "free"), snapshot("s2", "far"), snapshot("s3", "free", { status: "creating" })],
};
const named = { boot: { kind: "image" as const, volumeId: "", snapshotId: "" }, disks: [] };
const reasons = (options: readonly { id: string; reason: string | null }[]) =>
  Object.fromEntries(options.map(({ id, reason }) => [id, reason]));

test("what ties an instance to a place are the volumes it has, and those its copies come from", () => {
  const ids = (wish: Parameters<typeof tyingVolumes>[0]) => tyingVolumes(wish, rows).map(({ id }) => id);
  expect(ids(named)).toEqual([]);
  expect(ids({ ...named, boot: { kind: "volume", volumeId: "free", snapshotId: "s2" } })).toEqual(["free"]);
  expect(ids({ ...named, boot: { kind: "snapshot", volumeId: "free", snapshotId: "s2" } })).toEqual(["far"]);
  expect(ids({ ...named, disks: [{ kind: "volume", sourceId: "new" }] })).toEqual([]);
});

test("a volume that can't be chosen says why", () => {
  expect(reasons(volumeOptions(rows, [], true))).toEqual({
    free: null,
    empty: "notBootable",
    new: null,
    far: null,
    copied: "volumeBeingCopied",
  });
  const others = rows.volumes.filter(({ id }) => id === "free");
  expect(reasons(volumeOptions(rows, others, false))).toMatchObject({
    empty: null,
    new: null,
    far: "livesApart",
  });
});

test("so does a snapshot, by its volume's place", () => {
  const others = rows.volumes.filter(({ id }) => id === "free");
  expect(reasons(snapshotOptions(rows, others, true))).toEqual({
    s1: null,
    s2: "livesApart",
    s3: "snapshotNotReady",
  });
});
