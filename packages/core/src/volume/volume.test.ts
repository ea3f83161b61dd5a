import fc from "fast-check";
import { describe, expect, it, test } from "vitest";
import {
  groupSnapshotBlocked,
  snapshotActionBlocked,
  type VolumeActionView,
  volumeActionBlocked,
  volumeActions,
} from "./action.ts";
import { volumePlaceBlocked } from "./place.ts";
import {
  attachmentPhases,
  bytesPerGib,
  deriveSnapshotStatus,
  deriveVolumeStatus,
  isVolumeSettled,
  type VolumeView,
  volumeStatuses,
} from "./status.ts";
import { volumeQos } from "./volume-input.ts";

const placed: VolumeView = {
  deleteRequested: false,
  placed: true,
  copied: false,
  sizeGib: 2,
  revertSeq: 0,
  generation: 3,
  fault: null,
  observed: "available",
  ackedGeneration: 3,
  observedSizeBytes: 2 * bytesPerGib,
  observedRevertSeq: 0,
  hostFault: null,
  attachment: null,
};
const unplaced: VolumeView = { ...placed, placed: false, observed: "unknown", ackedGeneration: 0 };
const never = { code: "Unavailable", reason: "diskFull", message: "m", retry: "never" } as const;
const later = { ...never, retry: "later" } as const;

const rows: [string, VolumeView, Partial<VolumeView>, string][] = [
  ["blank and on no hypervisor", unplaced, {}, "available"],
  ["a copy on no hypervisor yet", unplaced, { copied: true }, "creating"],
  ["placed and not heard of", placed, { observed: "unknown", ackedGeneration: 0 }, "creating"],
  ["placed for an attachment", placed, { observed: "unknown", attachment: "reserved" }, "reserved"],
  ["there", placed, {}, "available"],
  ["a guest is told of it", placed, { attachment: "attaching" }, "attaching"],
  ["a guest has it", placed, { attachment: "attached" }, "in-use"],
  ["a guest is to give it back", placed, { attachment: "detaching" }, "detaching"],
  ["smaller than asked", placed, { sizeGib: 3 }, "extending"],
  ["smaller than asked in a guest", placed, { sizeGib: 3, attachment: "attached" }, "extending"],
  ["going back", placed, { revertSeq: 1 }, "reverting"],
  ["its fault may pass", placed, { hostFault: later, observed: "failed" }, "creating"],
  ["its fault stays", placed, { hostFault: never }, "error"],
  ["a fault of an older wish", placed, { hostFault: never, ackedGeneration: 2 }, "available"],
  ["no hypervisor for it", unplaced, { fault: never }, "error"],
  ["to go", placed, { deleteRequested: true }, "deleting"],
  ["can't go", placed, { deleteRequested: true, hostFault: never }, "error_deleting"],
];

test.each(rows)("a volume: %s", (_name, base, change, status) => {
  expect(deriveVolumeStatus({ ...base, ...change })).toBe(status);
});

test("a copy that an instance is launched with is creating until it is filled", () => {
  const copy = { ...placed, copied: true, observed: "unknown", attachment: "reserved" } as const;
  expect(deriveVolumeStatus(copy)).toBe("creating");
  expect(deriveVolumeStatus({ ...copy, placed: false })).toBe("creating");
  expect(deriveVolumeStatus({ ...copy, copied: false })).toBe("reserved");
  expect(deriveVolumeStatus({ ...copy, observed: "available" })).toBe("reserved");
});

test("a volume is settled when its hypervisor says so at its generation", () => {
  expect(isVolumeSettled(placed)).toBe(true);
  expect(isVolumeSettled(unplaced)).toBe(true);
  for (const change of [
    { ackedGeneration: 2 },
    { sizeGib: 3 },
    { revertSeq: 1 },
    { observed: "failed" as const },
  ])
    expect(isVolumeSettled({ ...placed, ...change })).toBe(false);
});

test.each([
  [{}, "creating"],
  [{ observed: "available" }, "available"],
  [{ hostFault: never, observed: "failed" }, "error"],
  [{ hostFault: later }, "creating"],
  [{ deleteRequested: true, observed: "available" }, "deleting"],
  [{ deleteRequested: true, observed: "available", hostFault: never }, "error_deleting"],
] as const)("a snapshot: %j is %s", (change, status) => {
  const made = { deleteRequested: false, fault: null, observed: "unknown", hostFault: null } as const;
  expect(deriveSnapshotStatus({ ...made, ...change })).toBe(status);
});

const idle: VolumeActionView = {
  status: "available",
  attachment: null,
  deleteProtection: false,
  snapshots: 1,
  snapshotsTaking: 0,
  snapshotsHeld: 1,
  copies: 0,
};

describe("what may be done to a volume", () => {
  it("is everything but to detach it and to call off what is not asked for when it is available", () => {
    const blocked = volumeActions.filter((action) => volumeActionBlocked(action, idle) !== null);
    expect(blocked).toEqual(["detach", "callOff"]);
  });

  it("is never to give it to a second instance, nor to take away what one has", () => {
    const view = fc.record({
      status: fc.constantFrom(...volumeStatuses),
      attachment: fc.constantFrom(...attachmentPhases),
      deleteProtection: fc.boolean(),
      snapshots: fc.nat(2),
      snapshotsTaking: fc.nat(2),
      snapshotsHeld: fc.nat(200),
      copies: fc.nat(1),
    });
    fc.assert(
      fc.property(view, (attached) => {
        for (const action of ["attach", "revert", "transfer", "delete", "copy"] as const)
          expect(volumeActionBlocked(action, attached)).not.toBeNull();
      }),
    );
  });

  it("names what stands in the way", () => {
    const cases = [
      ["delete", { deleteProtection: true }, "volumeProtected"],
      ["delete", { copies: 1 }, "volumeBeingCopied"],
      ["revert", { snapshots: 0 }, "volumeWithoutSnapshots"],
      ["revert", { snapshotsTaking: 1 }, "volumeSnapshotCreating"],
      ["snapshot", { snapshotsHeld: 100 }, "snapshotsTooMany"],
      ["extend", { status: "extending" }, "volumeBusy"],
      ["detach", { status: "in-use", attachment: "detaching" }, "volumeDetaching"],
      ["detach", { status: "in-use", attachment: "attached", boots: true }, "volumeBooted"],
    ] as const;
    for (const [action, change, reason] of cases)
      expect(volumeActionBlocked(action, { ...idle, ...change })).toBe(reason);
  });
});

test("an instance's volumes are snapshotted when each is attached, and each can be", () => {
  const used: VolumeActionView = { ...idle, status: "in-use", attachment: "attached" };
  expect(groupSnapshotBlocked([used, used])).toBeNull();
  expect(groupSnapshotBlocked([])).toBe("instanceWithoutVolumes");
  for (const attachment of attachmentPhases.filter((phase) => phase !== "attached"))
    expect(groupSnapshotBlocked([used, { ...used, attachment }])).toBe("snapshotVolumesUnsettled");
  expect(groupSnapshotBlocked([used, { ...used, status: "extending" }])).toBe("volumeBusy");
});

test.each([
  ["delete", {}, null],
  ["delete", { goneBackTo: true }, "volumeBusy"],
  ["delete", { copies: 1 }, "volumeBeingCopied"],
  ["delete", { status: "creating" }, null],
  ["copy", { status: "creating" }, "snapshotNotReady"],
  ["restore", { status: "error" }, "snapshotNotReady"],
  ["update", { status: "deleting" }, "snapshotDeleting"],
] as const)("to %s a snapshot that is %j: %s", (action, change, reason) => {
  const view = { status: "available", copies: 0, goneBackTo: false } as const;
  expect(snapshotActionBlocked(action, { ...view, ...change })).toBe(reason);
});

test("limits of a total and of its halves exclude each other", () => {
  expect(volumeQos.safeParse({ totalIops: 100, readBytesPerSecond: 1 }).success).toBe(true);
  expect(volumeQos.safeParse({ totalIops: 100, readIops: 50 }).success).toBe(false);
});

test("a hypervisor takes a volume by its disk and zone, whatever its guests have of the rest", () => {
  const host = {
    storage: true,
    availabilityZone: "nova",
    capacity: { VCPU: 4, MEMORY_MB: 1_024, DISK_GB: 10 },
    used: { VCPU: 9, MEMORY_MB: 4_096, DISK_GB: 8 },
  };
  const volume = { sizeGib: 2, availabilityZone: "nova" };
  expect(volumePlaceBlocked(host, volume)).toBeNull();
  expect(volumePlaceBlocked(host, { ...volume, sizeGib: 3 })).toBe("volumeNoRoom");
  expect(volumePlaceBlocked(host, { ...volume, availabilityZone: "b" })).toBe("volumeOtherZone");
  expect(volumePlaceBlocked({ ...host, storage: false }, volume)).toBe("volumesNotKept");
  expect(volumePlaceBlocked(null, volume)).toBe("volumesNotKept");
});
