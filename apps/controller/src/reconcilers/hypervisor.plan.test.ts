import { expect, test } from "vitest";
import { type HypervisorFacts, planHypervisor } from "./hypervisor.plan.ts";

const up: HypervisorFacts = {
  present: true,
  told: true,
  said: "hypervisor.up",
  fenceRequested: false,
  seenSince: false,
};
const away = { present: false, said: "hypervisor.down" } as const;

test.each<[string, Partial<HypervisorFacts>, object]>([
  ["answers as before", {}, { kind: "done" }],
  ["is silent as before", away, { kind: "done" }],
  ["came", { said: "hypervisor.down" }, { kind: "say", action: "hypervisor.up" }],
  ["went", { present: false }, { kind: "say", action: "hypervisor.down" }],
  ["never answered", { present: false, told: false }, { kind: "done" }],
  ["is off, and is to be fenced", { ...away, fenceRequested: true }, { kind: "fence" }],
  ["is off, not told yet, and is to be fenced", { present: false, fenceRequested: true }, { kind: "fence" }],
  ["was said to be off, but answers", { fenceRequested: true }, { kind: "refuse-fence" }],
  [
    "was said to be off, answered and went again",
    { ...away, fenceRequested: true, seenSince: true },
    { kind: "refuse-fence" },
  ],
  ["is revoked and to be fenced", { ...away, told: false, fenceRequested: true }, { kind: "fence" }],
])("a hypervisor that %s", (_name, change, step) => {
  expect(planHypervisor({ ...up, ...change })).toEqual(step);
});
