import { expect, test } from "vitest";
import { planBulk } from "./plan.ts";
import type { ScopedInstance } from "./scope.ts";
import { wholeOf } from "./whole.ts";

const running: ScopedInstance = {
  ...{ id: "a", name: "a", status: "ACTIVE", taskState: null, powerState: "RUNNING" },
  ...{ deleteProtection: false, launchedAt: new Date(), volumes: 0, floatingIps: 0 },
};
const stopped: ScopedInstance = { ...running, id: "b", status: "SHUTOFF", powerState: "SHUTDOWN" };
const guarded: ScopedInstance = { ...running, id: "c", deleteProtection: true };
const deleted: ScopedInstance = { ...stopped, id: "d", status: "SOFT_DELETED" };
const unborn: ScopedInstance = { ...stopped, id: "e", status: "BUILD", launchedAt: null };
const all = [running, stopped, guarded, deleted];

const told = (action: Parameters<typeof planBulk>[0]) => {
  const { will, wont } = planBulk(action, all);
  return {
    will: will.map(({ id }) => id).join(""),
    wont: Object.fromEntries(
      wont.map(({ reason, instances }) => [reason, instances.map(({ id }) => id).join("")]),
    ),
  };
};

test("what will change and what won't is judged as the single action is, each instance once", () => {
  expect(told("stop")).toEqual({ will: "ac", wont: { alreadyStopped: "b", softDeleted: "d" } });
  expect(told("start")).toEqual({ will: "b", wont: { alreadyRunning: "ac", softDeleted: "d" } });
  expect(told("reboot")).toEqual({ will: "ac", wont: { notRunning: "b", softDeleted: "d" } });
  expect(told("delete")).toEqual({ will: "abd", wont: { deleteProtected: "c" } });
  expect(told("softDelete")).toEqual({ will: "ab", wont: { deleteProtected: "c", softDeleted: "d" } });
  expect(planBulk("softDelete", [unborn]).wont.map(({ reason }) => reason)).toEqual(["neverRan"]);
  expect(planBulk("delete", [unborn]).will).toEqual([unborn]);
  expect(planBulk("stop", [])).toEqual({ will: [], wont: [] });
});

test("the whole runs while a part is open, and ends as its parts did", () => {
  const counts = { open: 0, succeeded: 0, failed: 0, cancelled: 0 };
  expect(wholeOf({ ...counts, open: 300 })).toEqual({ state: "running", percent: 0 });
  expect(wholeOf({ ...counts, open: 1, succeeded: 299 })).toEqual({ state: "running", percent: 99 });
  expect(wholeOf({ ...counts, succeeded: 300 })).toEqual({ state: "succeeded", percent: 100 });
  expect(wholeOf({ ...counts, succeeded: 299, failed: 1 })).toMatchObject({ state: "failed" });
  expect(wholeOf({ ...counts, succeeded: 1, cancelled: 299 })).toMatchObject({ state: "cancelled" });
});
