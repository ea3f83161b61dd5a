import fc from "fast-check";
import { expect, it, test } from "vitest";
import {
  originGone,
  planVolume,
  type SnapshotFacts,
  type VolumeFacts,
  volumeHostGone,
} from "./volume.plan.ts";

const fault = { ...originGone, reason: "diskFull" };
const settled: VolumeFacts = {
  deleteRequested: false,
  hypervisorId: "host",
  foundAt: null,
  hypervisorGone: false,
  attached: false,
  generation: 3,
  ackedGeneration: 3,
  observed: "available",
  settled: true,
  fault: null,
  origin: null,
  snapshots: [],
  revertRefused: false,
  revertCalledOff: false,
  deletedByForce: false,
  askedAnew: false,
};
const unplaced: VolumeFacts = { ...settled, hypervisorId: null, observed: "unknown", ackedGeneration: 0 };
const snapshot: SnapshotFacts = { id: "s", deleteRequested: false, observed: "available", fault: null };
const going = { ...snapshot, deleteRequested: true };
const deleting = { deleteRequested: true };

const rows: [string, VolumeFacts, Partial<VolumeFacts>, object][] = [
  ["blank, nowhere", unplaced, {}, { kind: "end-operations", fault: null }],
  ["found", unplaced, { foundAt: "host" }, { kind: "place-found", hypervisorId: "host" }],
  ["found, to go", unplaced, { ...deleting, foundAt: "host" }, { kind: "delete-volume" }],
  [
    "a copy that was found",
    unplaced,
    { origin: { hypervisorId: "other" }, foundAt: "host" },
    { kind: "place-found", hypervisorId: "host" },
  ],
  ["there", settled, {}, { kind: "end-operations", fault: null }],
  ["being changed", settled, { settled: false }, { kind: "wait" }],
  ["failed", settled, { settled: false, fault }, { kind: "end-operations", fault }],
  [
    "its hypervisor will not take it back",
    settled,
    { settled: false, fault, revertRefused: true },
    { kind: "give-up-revert", fault },
  ],
  [
    "the same, to go",
    settled,
    { ...deleting, fault, revertRefused: true },
    { kind: "end-operations", fault },
  ],
  ["a revert called off, and not done", settled, { revertCalledOff: true }, { kind: "call-off-revert" }],
  [
    "a revert called off, of which nothing was heard since",
    settled,
    { revertCalledOff: true, settled: false, ackedGeneration: 2 },
    { kind: "wait" },
  ],
  [
    "the same where nothing works",
    settled,
    { revertCalledOff: true, settled: false, observed: "failed" },
    { kind: "wait" },
  ],
  ["a copy", unplaced, { origin: { hypervisorId: "host" } }, { kind: "place-at", hypervisorId: "host" }],
  ["failed before, and asked anew", unplaced, { fault, askedAnew: true }, { kind: "clear-fault" }],
  ["a copy of nothing", unplaced, { origin: { hypervisorId: null } }, { kind: "fail", fault: originGone }],
  ["a snapshot of what is nowhere", unplaced, { snapshots: [snapshot] }, { kind: "place" }],
  [
    "the same, to be placed with its instance",
    unplaced,
    { snapshots: [snapshot], attached: true },
    { kind: "wait" },
  ],
  ["a snapshot is taken", settled, { snapshots: [{ ...snapshot, observed: "unknown" }] }, { kind: "wait" }],
  ["a snapshot is there", settled, { snapshots: [snapshot] }, { kind: "end-operations" }],
  ["a snapshot is to go", settled, { snapshots: [going] }, { kind: "wait" }],
  [
    "a snapshot is gone",
    settled,
    { snapshots: [{ ...going, observed: "absent" }] },
    { kind: "drop-snapshots", ids: ["s"] },
  ],
  [
    "a snapshot was gone at an older generation",
    settled,
    { snapshots: [{ ...going, observed: "absent" }], ackedGeneration: 2 },
    { kind: "wait" },
  ],
  [
    "on a revoked hypervisor, whatever else is wrong with it",
    settled,
    { hypervisorGone: true, fault },
    { kind: "fail", fault: volumeHostGone },
  ],
  [
    "known to be on a revoked hypervisor",
    settled,
    { hypervisorGone: true, fault: volumeHostGone },
    { kind: "end-operations", fault: volumeHostGone },
  ],
  ["to go, nowhere", unplaced, deleting, { kind: "delete-volume" }],
  ["to go, attached", settled, { ...deleting, attached: true }, { kind: "wait" }],
  ["to go, still there", settled, deleting, { kind: "wait" }],
  ["to go, gone", settled, { ...deleting, observed: "absent" }, { kind: "delete-volume" }],
  [
    "to go, gone in an older word",
    settled,
    { ...deleting, observed: "absent", ackedGeneration: 2 },
    { kind: "wait" },
  ],
  [
    "to go, where nobody answers any more",
    settled,
    { ...deleting, hypervisorGone: true },
    { kind: "delete-volume" },
  ],
  [
    "to go by force, and nobody answers",
    settled,
    { ...deleting, deletedByForce: true },
    { kind: "delete-volume" },
  ],
  [
    "to go by force, attached",
    settled,
    { ...deleting, deletedByForce: true, attached: true },
    { kind: "wait" },
  ],
  ["to go, and can't", settled, { ...deleting, fault }, { kind: "end-operations", fault }],
];

test.each(rows)("%s", (_name, base, change, step) => {
  expect(planVolume({ ...base, ...change })).toMatchObject(step);
});

it("deletes no row that a hypervisor may still have something of, and none that an instance has", () => {
  const observed = fc.constantFrom("unknown", "absent", "available", "failed");
  const any = fc.record({
    deleteRequested: fc.boolean(),
    hypervisorId: fc.constantFrom(null, "host"),
    foundAt: fc.constantFrom("host", null),
    hypervisorGone: fc.boolean(),
    attached: fc.boolean(),
    generation: fc.integer({ min: 1, max: 3 }),
    ackedGeneration: fc.integer({ min: 0, max: 3 }),
    observed,
    settled: fc.boolean(),
    fault: fc.constantFrom(null, fault),
    revertRefused: fc.boolean(),
    revertCalledOff: fc.boolean(),
    deletedByForce: fc.boolean(),
    askedAnew: fc.boolean(),
    origin: fc.constantFrom(null, { hypervisorId: null }, { hypervisorId: "host" }),
    snapshots: fc.array(
      fc.record({
        id: fc.uuid(),
        deleteRequested: fc.boolean(),
        observed,
        fault: fc.constantFrom(null, fault),
      }),
      { maxLength: 2 },
    ),
  });
  fc.assert(
    fc.property(any, (volume) => {
      if (planVolume(volume).kind !== "delete-volume") return;
      expect(volume).toMatchObject({ deleteRequested: true, attached: false });
      const gone = volume.observed === "absent" && volume.ackedGeneration === volume.generation;
      expect(volume.hypervisorId === null || volume.hypervisorGone || volume.deletedByForce || gone).toBe(
        true,
      );
    }),
    { numRuns: 1_000 },
  );
});
