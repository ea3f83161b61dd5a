import { expect, test } from "vitest";
import { stepsOf } from "./steps.ts";

const statesOf = (yard: Parameters<typeof stepsOf>[0]) => stepsOf(yard).map(({ state }) => state);

test.each([
  [{ hasKeyPair: false, hasAddress: false, instances: [] }, ["now", "later", "later"]],
  [{ hasKeyPair: true, hasAddress: false, instances: [] }, ["done", "now", "later"]],
  [{ hasKeyPair: false, hasAddress: false, instances: ["BUILD"] }, ["done", "done", "now"]],
  [{ hasKeyPair: true, hasAddress: true, instances: ["BUILD"] }, ["done", "done", "now"]],
  [{ hasKeyPair: true, hasAddress: true, instances: ["SHUTOFF", "ACTIVE"] }, ["done", "done", "done"]],
  [{ hasKeyPair: false, hasAddress: true, instances: [] }, ["now", "later", "later"]],
] as const)("of %j the steps are %j", (yard, states) => {
  expect(statesOf(yard)).toEqual(states);
});
