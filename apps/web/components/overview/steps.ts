import type { InstanceStatus } from "@madang/core/instance/status";

export type StepName = "key" | "launch" | "reach";
/** `now`: the first that is not done, and the only one that is pressed upon. */
export type StepState = "done" | "now" | "later";

type Yard = { hasKeyPair: boolean; hasAddress: boolean; instances: readonly InstanceStatus[] };

/**
 * How far a project has come. Whoever launched without a key had no need of one, so that step is then done, too; an
 * instance is reached when one runs and an address leads in, for nobody but its owner knows whether he was inside.
 */
export function stepsOf({ hasKeyPair, hasAddress, instances }: Yard): { name: StepName; state: StepState }[] {
  const launched = instances.length > 0;
  const done: readonly (readonly [StepName, boolean])[] = [
    ["key", hasKeyPair || launched],
    ["launch", launched],
    ["reach", hasAddress && instances.includes("ACTIVE")],
  ];
  const next = done.find(([, isDone]) => !isDone)?.[0];
  const notDone = (name: StepName) => (name === next ? "now" : "later");
  return done.map(([name, isDone]) => ({ name, state: isDone ? "done" : notDone(name) }));
}
