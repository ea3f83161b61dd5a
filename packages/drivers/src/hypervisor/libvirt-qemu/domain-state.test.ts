import { describe, expect, it } from "vitest";
import { powerOf, remedyFor } from "./domain-state.ts";

/** virDomainState, reason, ordered by us → what is reported, and what a start needs. From libvirt-domain.h. */
const table = [
  [0, 0, false, "stopped", "unknown", "start"],
  [1, 1, false, "running", null, "none"],
  [2, 0, false, "running", null, "none"],
  [3, 1, false, "running", null, "resume"],
  [3, 5, false, "running", null, "resume"],
  [3, 11, false, "running", null, "replace"],
  [4, 1, false, "running", null, "wait"],
  [5, 0, false, "stopped", "unknown", "start"],
  [5, 1, false, "stopped", "shutdown", "start"],
  [5, 1, true, "stopped", "destroyed", "start"],
  [5, 2, false, "stopped", "destroyed", "start"],
  [5, 3, false, "stopped", "crashed", "start"],
  [5, 3, true, "stopped", "crashed", "start"],
  [5, 6, false, "stopped", "crashed", "start"],
  [5, 8, false, "stopped", "crashed", "start"],
  [5, 99, false, "stopped", "unknown", "start"],
  [6, 0, false, "stopped", "crashed", "replace"],
  [7, 0, false, "running", null, "none"],
] as const;

describe("libvirt's state of a domain", () => {
  it.each(table)(
    "%i/%i (ordered: %s) is %s, %s; to run it: %s",
    (state, reason, ordered, observed, cause, remedy) => {
      expect(powerOf({ state, reason }, ordered)).toMatchObject({ observed, stopCause: cause });
      expect(remedyFor({ state, reason })).toBe(remedy);
    },
  );

  it("is halted by nothing but a write without room", () => {
    const halted = table.filter(([state, reason]) => powerOf({ state, reason }, false).halted);
    expect(halted.map(([state, reason]) => [state, reason])).toEqual([[3, 5]]);
  });
});
