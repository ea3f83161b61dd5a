import { expect, test } from "vitest";
import { decideGuest } from "./decision.ts";

const bootId = crypto.randomUUID();
const spec = { desired: "running", generation: 3, rebootSeq: 0, crashPolicy: "restart" } as const;
const seen = {
  guestId: crypto.randomUUID(),
  name: "web",
  observed: "running",
  stopCause: null,
  rebootSeq: 0,
} as const;
const note = { ranGeneration: 3, ranBootId: bootId, ackedGeneration: 3, made: true };

test("a guest that its hypervisor paused is looked after although it counts as running", () => {
  expect(decideGuest(spec, seen, note, 3, bootId)).toEqual({ kind: "settled" });
  expect(decideGuest(spec, { ...seen, halted: true }, note, 3, bootId)).toEqual({
    kind: "ensure",
    desired: "running",
  });
  const stopped = { ...spec, desired: "stopped" } as const;
  expect(decideGuest(stopped, { ...seen, halted: true }, note, 3, bootId)).toMatchObject({
    desired: "stopped",
  });
});
