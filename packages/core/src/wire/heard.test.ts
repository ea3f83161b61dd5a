import { expect, test } from "vitest";
import { guestReport } from "./guest.ts";

const report = {
  guestId: "0191d3a0-0000-7000-8000-000000000001",
  generation: 1,
  observed: "failed",
  stopCause: null,
  rebootSeq: 0,
  phase: null,
  percent: null,
};

test("what an agent says is cut to what a row may hold, and a number that no column holds is refused", () => {
  const fault = {
    code: "Internal",
    reason: "r",
    message: `a\0${"💥".repeat(1_000)}`,
    retry: "later",
    quota: [],
  };
  const heard = guestReport.parse({ ...report, fault }).fault;
  expect(heard?.message.length).toBeLessThanOrEqual(1_000);
  expect(heard?.message).toMatch(/^a💥/u);
  expect(heard?.message.isWellFormed()).toBe(true);
  expect(heard).not.toHaveProperty("quota");
  expect(guestReport.safeParse({ ...report, fault: null, rebootSeq: 2 ** 31 }).success).toBe(false);
});
