import { failed, overallHealth, well } from "@madang/core/health";
import { describe, expect, it } from "vitest";
import {
  cachedHealth,
  judgeAgents,
  judgeAuthority,
  judgeNetwork,
  judgeQueues,
  judgeTrail,
} from "./health.ts";

const nobody = { up: 0, disabled: 0, down: 0, fenced: 0, revoked: 0, joining: 0 };
const agents = (counts: Partial<typeof nobody>, heard: number, expected = false) =>
  judgeAgents({ counts: { ...nobody, ...counts }, silentSeconds: 1, heard }, expected);

describe("hypervisors", () => {
  it.each([
    ["none at all, and none needed", agents({}, 0), "ok", null],
    ["none at all, though one is expected", agents({}, 0, true), "failed", "none"],
    ["all up", agents({ up: 2 }, 2, true), "ok", null],
    ["one of two away", agents({ up: 1, down: 1 }, 1), "degraded", "someAway"],
    ["all away", agents({ down: 2 }, 0), "failed", "none"],
    ["up by an earlier run's word only", agents({ up: 1 }, 0, true), "failed", "none"],
    ["revoked and fenced ones do not count", agents({ up: 1, revoked: 1, fenced: 1 }, 1), "ok", null],
  ])("%s", (_name, part, status, reason) => expect(part).toMatchObject({ status, reason }));
});

describe("the network", () => {
  it.each([
    ["takes all", { away: false, refused: 0 }, "ok", null],
    ["refuses some of it", { away: false, refused: 2 }, "degraded", "refused"],
    ["is away", { away: true, refused: 2 }, "degraded", "unreachable"],
  ])("%s", (_name, figures, status, reason) =>
    expect(judgeNetwork(figures)).toMatchObject({ status, reason }),
  );
});

describe("the queue", () => {
  const queue = (oldestSeconds: number) =>
    judgeQueues([{ queue: "reconcile", waiting: 3, active: 1, oldestSeconds }]);
  it.each([
    [0, "ok", null],
    [16, "degraded", "backlog"],
    [121, "failed", "backlog"],
  ])("whose oldest job is %d s old", (age, status, reason) =>
    expect(queue(age)).toMatchObject({ status, reason, figures: { waiting: 3 } }),
  );
});

describe("the authority", () => {
  const fine = { secondsLeft: 3_000 * 86_400, waiting: 0, oldestWaitingSeconds: 0, nearExpiry: 0 };
  it.each([
    ["is fine", fine, "ok", null],
    ["is not there", { ...fine, secondsLeft: null }, "failed", "missing"],
    ["does not sign", { ...fine, waiting: 1, oldestWaitingSeconds: 31 }, "failed", "notSigning"],
    ["ends soon", { ...fine, secondsLeft: 80 * 86_400 }, "degraded", "expiring"],
    ["signed what ends soon", { ...fine, nearExpiry: 1 }, "degraded", "expiring"],
  ])("%s", (_name, figures, status, reason) =>
    expect(judgeAuthority(figures)).toMatchObject({ status, reason }),
  );
});

it("misses a month of the trail before it is needed", () => {
  const trail = { thisMonth: true, nextMonth: true, stray: false };
  expect(judgeTrail(trail)).toMatchObject({ status: "ok" });
  expect(judgeTrail({ ...trail, nextMonth: false })).toMatchObject({
    status: "degraded",
    reason: "noPartition",
  });
  expect(judgeTrail({ ...trail, thisMonth: false })).toMatchObject({
    status: "failed",
    reason: "noPartition",
  });
  expect(judgeTrail({ ...trail, stray: true })).toMatchObject({ status: "degraded", reason: "strayRows" });
});

it("fails only when what is needed has failed", () => {
  const parts = { database: well(), queue: failed("backlog") };
  expect(overallHealth(parts, ["database"]).status).toBe("degraded");
  expect(overallHealth(parts, ["database", "queue"]).status).toBe("failed");
  expect(overallHealth({ database: well() }, ["database"]).status).toBe("ok");
});

it("looks once however many ask at the same time", async () => {
  let looks = 0;
  const ask = cachedHealth(async () => {
    looks += 1;
    return overallHealth({ database: well() }, []);
  }, 60_000);
  await Promise.all(Array.from({ length: 20 }, ask));
  expect(looks).toBe(1);
});
