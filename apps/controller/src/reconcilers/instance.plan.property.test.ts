/** What no rows whatever may make the plan do. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { fault, view } from "../testing/plan-view.ts";
import { type InstancePlanView, planInstance } from "./instance.plan.ts";

const desired = fc.constantFrom("running", "stopped", "hold", "absent");
const force = fc.constantFrom("none", "asked", "overdue");
const anyGuest = fc
  .record({
    desired,
    generation: fc.integer({ min: 1, max: 3 }),
    ackedGeneration: fc.integer({ min: 0, max: 3 }),
    instanceGeneration: fc.integer({ min: 1, max: 3 }),
    rebootSeq: fc.integer({ min: 0, max: 2 }),
    observedRebootSeq: fc.integer({ min: 0, max: 2 }),
    observed: fc.constantFrom("unknown", "absent", "running", "stopped", "failed"),
    stopCause: fc.constantFrom(null, "shutdown", "crashed", "unknown"),
    lost: fc.boolean(),
    reachable: fc.boolean(),
    fault: fc.option(fc.constantFrom(fault("never"), fault("later"), fault("elsewhere"))),
  })
  .map((guest) => ({ ...guest, ackedGeneration: Math.min(guest.ackedGeneration, guest.generation) }));
const anyView = fc
  .record({
    guest: fc.option(anyGuest),
    others: fc.array(anyGuest, { maxLength: 2 }),
    bound: fc.constantFrom("host-1", "host-2", null),
    never: fc.boolean(),
    instance: fc.record({
      power: fc.constantFrom("running", "stopped"),
      generation: fc.integer({ min: 1, max: 3 }),
      observedGeneration: fc.integer({ min: 0, max: 3 }),
      rebootSeq: fc.integer({ min: 0, max: 2 }),
      crashPolicy: fc.constantFrom("restart", "stop"),
      deleteRequested: fc.boolean(),
      force,
      resetRequested: fc.boolean(),
      adopts: fc.boolean(),
      launched: fc.boolean(),
      overdue: fc.boolean(),
      selfStoppedAt: fc.option(fc.integer({ min: 1, max: 3 })),
      fault: fc.option(fc.constant(fault("never"))),
    }),
  })
  .map(({ never, ...change }) => {
    const { deleteRequested } = change.instance;
    const facts = view({
      ...change,
      instance: { ...change.instance, force: deleteRequested ? change.instance.force : "none" },
    });
    const readiness = facts.readiness.map((fact) => (never ? { ...fact, fault: fault("never") } : fact));
    return { ...facts, readiness };
  });

/** Failed after it ran, with guests that are all as they were told to be. */
function asOrdered(facts: InstancePlanView): InstancePlanView {
  const { generation, rebootSeq } = facts.instance;
  const answered = { instanceGeneration: generation, rebootSeq, observedRebootSeq: rebootSeq };
  const guests = facts.guests.map((guest) => {
    const observed = guest.desired === "hold" ? "stopped" : guest.desired;
    const acked = { ackedGeneration: guest.generation, observed, fault: null, lost: false } as const;
    return { ...guest, ...answered, ...acked };
  });
  const failed = { deleteRequested: false, resetRequested: false, launched: true, fault: fault("never") };
  const instance = { ...facts.instance, ...failed, observedGeneration: generation };
  return { ...facts, guests, instance };
}

describe("whatever the rows say", () => {
  it("places only where no guest row is left, and never what is being deleted or has failed", () => {
    fc.assert(
      fc.property(anyView, (facts) => {
        if (planInstance(facts).kind !== "place") return;
        expect(facts.guests).toEqual([]);
        expect(facts.instance).toMatchObject({ deleteRequested: false, fault: null });
      }),
      { numRuns: 2_000 },
    );
  });

  it("drops a guest's row only when it is lost, or gone by order and acknowledged now, or by force", () => {
    fc.assert(
      fc.property(anyView, (facts) => {
        const step = planInstance(facts);
        if (step.kind !== "drop-guest") return;
        const { guest } = step;
        const acked = guest.ackedGeneration === guest.generation;
        const gone = guest.observed === "absent" && acked;
        const forced = facts.instance.force !== "none";
        expect(guest.lost || (guest.desired === "absent" && (gone || forced))).toBe(true);
      }),
      { numRuns: 2_000 },
    );
  });

  it("destroys the guest of an instance that ran only when it is to be deleted", () => {
    fc.assert(
      fc.property(anyView, (facts) => {
        const step = planInstance(facts);
        const destroys = step.kind === "remove-guests" || step.kind === "give-up";
        if (destroys && facts.instance.launched) expect(facts.instance.deleteRequested).toBe(true);
      }),
      { numRuns: 2_000 },
    );
  });

  it("lets no guest run that did not run before anything it needs is where it is", () => {
    fc.assert(
      fc.property(anyView, (facts) => {
        const step = planInstance(facts);
        if (step.kind !== "update-guest" || step.order.desired !== "running") return;
        const ready = facts.readiness.every((fact) => fact.hypervisorId === step.guest.hypervisorId);
        expect(ready || step.guest.desired === "running").toBe(true);
      }),
      { numRuns: 2_000 },
    );
  });

  it("fails nothing anew on the same rows that its fault was just cleared on", () => {
    fc.assert(
      fc.property(anyView.map(asOrdered), (facts) => {
        if (planInstance(facts).kind !== "clear-fault") return;
        const instance = { ...facts.instance, fault: null };
        expect(planInstance({ ...facts, instance }).kind).not.toBe("fail");
      }),
      { numRuns: 2_000 },
    );
  });

  it("deletes the instance's row only after its last guest's", () => {
    fc.assert(
      fc.property(anyView, (facts) => {
        if (planInstance(facts).kind === "delete-instance") expect(facts.guests).toEqual([]);
      }),
      { numRuns: 2_000 },
    );
  });
});
