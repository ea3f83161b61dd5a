import fc from "fast-check";
import { expect, test } from "vitest";
import { actionBlocked, instanceActions } from "./action.ts";
import {
  deriveStatus,
  type GuestView,
  type InstanceView,
  instanceStatuses,
  taskStates,
  wantedPower,
} from "./status.ts";

const guest: GuestView = {
  desired: "running",
  generation: 2,
  ackedGeneration: 2,
  observed: "running",
  observedRebootSeq: 0,
  stopCause: null,
  phase: null,
};
const instance: InstanceView = {
  power: "running",
  generation: 3,
  selfStoppedAt: null,
  rebootSeq: 0,
  rebootKind: "soft",
  deleteRequested: false,
  softDeleted: false,
  launched: true,
  fault: null,
  guest,
};
const stopped: GuestView = { ...guest, observed: "stopped", stopCause: "destroyed" };
const fault = { code: "Unavailable", reason: "diskFull", message: "m", retry: "never" } as const;

type Row = [name: string, change: Partial<InstanceView>, status: string, task: string | null, power: string];
const rows: Row[] = [
  ["nothing placed yet", { launched: false, guest: null }, "BUILD", "scheduling", "NOSTATE"],
  [
    "image on its way",
    { launched: false, guest: { ...guest, observed: "unknown", phase: "fetching-image" } },
    "BUILD",
    "block_device_mapping",
    "NOSTATE",
  ],
  ["starting", { launched: false, guest: { ...guest, observed: "unknown" } }, "BUILD", "spawning", "NOSTATE"],
  ["up", {}, "ACTIVE", null, "RUNNING"],
  ["asked to stop", { power: "stopped" }, "ACTIVE", "powering-off", "RUNNING"],
  ["stopped as asked", { power: "stopped", guest: stopped }, "SHUTOFF", null, "SHUTDOWN"],
  ["asked to start", { guest: stopped }, "SHUTOFF", "powering-on", "SHUTDOWN"],
  ["crashed", { guest: { ...stopped, stopCause: "crashed" } }, "SHUTOFF", "powering-on", "CRASHED"],
  [
    "crashed, and is left alone",
    { selfStoppedAt: 3, guest: { ...stopped, desired: "stopped", stopCause: "crashed" } },
    "SHUTOFF",
    null,
    "CRASHED",
  ],
  [
    "a guest that is being adopted",
    { launched: false, guest: { ...guest, desired: "hold" } },
    "BUILD",
    "spawning",
    "RUNNING",
  ],
  [
    "reset after a failed build",
    { launched: false, guest: null, fault: null },
    "BUILD",
    "scheduling",
    "NOSTATE",
  ],
  ["powered itself off", { selfStoppedAt: 3, guest: stopped }, "SHUTOFF", null, "SHUTDOWN"],
  [
    "powered itself off, asked again since",
    { selfStoppedAt: 2, guest: stopped },
    "SHUTOFF",
    "powering-on",
    "SHUTDOWN",
  ],
  ["soft reboot due", { rebootSeq: 1 }, "REBOOT", "rebooting", "RUNNING"],
  ["hard reboot due", { rebootSeq: 1, rebootKind: "hard" }, "HARD_REBOOT", "rebooting_hard", "RUNNING"],
  ["reboot done", { rebootSeq: 1, guest: { ...guest, observedRebootSeq: 1 } }, "ACTIVE", null, "RUNNING"],
  ["fault", { fault }, "ERROR", null, "RUNNING"],
  ["deleting while up", { deleteRequested: true }, "ACTIVE", "deleting", "RUNNING"],
  ["deleting in error", { fault, deleteRequested: true, guest: null }, "ERROR", "deleting", "NOSTATE"],
];

test.each(rows)("%s", (_name, change, status, taskState, powerState) => {
  expect(deriveStatus({ ...instance, ...change })).toEqual({ status, taskState, powerState });
});

const anyGuest = fc.record({
  desired: fc.constantFrom("running", "stopped", "hold", "absent"),
  generation: fc.integer({ min: 1, max: 5 }),
  ackedGeneration: fc.integer({ min: 0, max: 5 }),
  observed: fc.constantFrom("unknown", "absent", "running", "stopped", "failed"),
  observedRebootSeq: fc.integer({ min: 0, max: 3 }),
  stopCause: fc.constantFrom(null, "shutdown", "destroyed", "crashed"),
  phase: fc.constantFrom(null, "fetching-image", "starting"),
});
const anyInstance = fc.record({
  power: fc.constantFrom("running", "stopped"),
  generation: fc.integer({ min: 1, max: 5 }),
  selfStoppedAt: fc.option(fc.integer({ min: 1, max: 5 })),
  rebootSeq: fc.integer({ min: 0, max: 3 }),
  rebootKind: fc.constantFrom("soft", "hard"),
  deleteRequested: fc.boolean(),
  softDeleted: fc.boolean(),
  launched: fc.boolean(),
  fault: fc.constantFrom(null, fault),
  guest: fc.option(anyGuest),
});

test("every input has a status of the vocabulary, and deletion always shows", () => {
  fc.assert(
    fc.property(anyInstance, (view) => {
      const derived = deriveStatus(view);
      expect(instanceStatuses).toContain(derived.status);
      if (derived.taskState !== null) expect(taskStates).toContain(derived.taskState);
      expect(derived.taskState === "deleting").toBe(view.deleteRequested);
    }),
  );
});

test("nobody is ever left with nothing to do: an unprotected instance can be deleted unless it is being deleted", () => {
  fc.assert(
    fc.property(anyInstance, (view) => {
      const derived = deriveStatus(view);
      const blocked = actionBlocked("delete", { ...derived, deleteProtection: false, launchedAt: null });
      expect(blocked).toBe(view.deleteRequested ? "beingDeleted" : null);
    }),
  );
});

test("an administrator can reset whatever failed or does not settle, and can always delete by force", () => {
  fc.assert(
    fc.property(anyInstance, (view) => {
      const state = { ...deriveStatus(view), deleteProtection: true, launchedAt: null };
      expect(actionBlocked("forceDelete", state)).toBe(null);
      const wrong = state.status === "ERROR" || state.taskState !== null;
      const reason = view.deleteRequested ? "beingDeleted" : "nothingToReset";
      expect(actionBlocked("reset", state)).toBe(wrong && !view.deleteRequested ? null : reason);
    }),
  );
});

test("start and stop are never both allowed on a settled instance", () => {
  fc.assert(
    fc.property(anyInstance, (view) => {
      const launchedAt = view.launched ? new Date(0) : null;
      const state = { ...deriveStatus(view), deleteProtection: false, launchedAt };
      const allowed = instanceActions.filter((action) => actionBlocked(action, state) === null);
      const both = allowed.includes("start") && allowed.includes("stop");
      expect(both && state.taskState === null).toBe(false);
    }),
  );
});

test("a failed instance that once ran can be told what to do again, one that never did can only be deleted", () => {
  const failed = { status: "ERROR", taskState: null, deleteProtection: false } as const;
  const reasons = (powerState: "NOSTATE" | "RUNNING", launchedAt: Date | null) =>
    (["start", "stop"] as const).map((action) =>
      actionBlocked(action, { ...failed, powerState, launchedAt }),
    );
  expect(reasons("NOSTATE", new Date(0))).toEqual([null, "failed"]);
  expect(reasons("RUNNING", new Date(0))).toEqual(["alreadyRunning", null]);
  expect(reasons("NOSTATE", null)).toEqual(["failed", "failed"]);
  expect(reasons("RUNNING", null)).toEqual(["failed", "failed"]);
});

test.each([
  [{}, "SOFT_DELETED", "soft-deleting"],
  [{ guest: { ...instance.guest, observed: "stopped" } }, "SOFT_DELETED", null],
  [{ fault }, "SOFT_DELETED", "soft-deleting"],
  [{ deleteRequested: true }, "SOFT_DELETED", "deleting"],
] as const)("softly deleted with %j it is %s and %s, and is to be off", (change, status, taskState) => {
  const view = { ...instance, softDeleted: true, ...change } as InstanceView;
  expect(deriveStatus(view)).toMatchObject({ status, taskState });
  expect(wantedPower(view)).toBe("stopped");
  const state = { ...deriveStatus(view), deleteProtection: false, launchedAt: new Date(0) };
  expect(actionBlocked("restore", state)).toBe(view.deleteRequested ? "beingDeleted" : null);
  expect(actionBlocked("start", state)).toBe(view.deleteRequested ? "beingDeleted" : "softDeleted");
});
