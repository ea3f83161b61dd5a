import { expect, test } from "vitest";
import { countsForGuest, staleReport } from "./staleness.ts";

const boot = "b1";
const startedAt = new Date("2026-01-01T00:00:00Z");
const now = new Date("2026-01-01T00:10:00Z");
const seconds = (count: number) => new Date(now.getTime() - count * 1_000);
const known = { bootId: boot, agentStartedAt: startedAt, reportSequence: 5n, lastSeenAt: seconds(1) };

test.each([
  [
    "the first report ever",
    { ...known, agentStartedAt: null },
    { bootId: boot, agentStartedAt: startedAt, sequence: 0 },
    true,
  ],
  ["the next of this run", known, { bootId: boot, agentStartedAt: startedAt, sequence: 6 }, true],
  ["the same again", known, { bootId: boot, agentStartedAt: startedAt, sequence: 5 }, false],
  ["an older one of this run", known, { bootId: boot, agentStartedAt: startedAt, sequence: 4 }, false],
  ["this run with another boot", known, { bootId: "b0", agentStartedAt: startedAt, sequence: 9 }, false],
  ["a new run, same boot", known, { bootId: boot, agentStartedAt: seconds(5), sequence: 0 }, true],
  ["a new run after a boot", known, { bootId: "b2", agentStartedAt: seconds(5), sequence: 0 }, true],
  ["an older run, late", known, { bootId: "b0", agentStartedAt: new Date(0), sequence: 99 }, false],
  [
    "a clock that went back, the old run still fresh",
    known,
    { bootId: "b2", agentStartedAt: new Date(0), sequence: 0 },
    false,
  ],
  [
    "a clock that went back, the old run silent",
    { ...known, lastSeenAt: seconds(16) },
    { bootId: "b2", agentStartedAt: new Date(0), sequence: 0 },
    true,
  ],
])("%s", (_what, before, report, counts) => {
  expect(staleReport(before, report, now) === null).toBe(counts);
});

test.each([
  [3, 2, 2, true],
  [3, 2, 3, true],
  [3, 2, 1, false],
  [3, 2, 4, false],
])("generation %i, acknowledged %i: a report at %i", (generation, ackedGeneration, reported, counts) => {
  expect(countsForGuest({ generation, ackedGeneration }, reported)).toBe(counts);
});
