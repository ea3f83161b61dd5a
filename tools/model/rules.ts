/**
 * The rules that the product keeps, each with what perturbs the shipped functions so that it is kept no more, and the
 * bound in which that must lead to a violation.
 */
import type { InstancePlanView } from "../../apps/controller/src/reconcilers/instance.plan.ts";
import type { Bound } from "./bounds.ts";
import type { Keeps, Shipped } from "./shipped.ts";

/** `without`: what goes wrong when it is switched off. */
export type Rule = {
  name: string;
  says: string;
  off: (shipped: Shipped) => Shipped;
  without: RegExp;
  bound: Bound;
};

const small: Bound = {
  hosts: 2,
  guests: 3,
  needs: 0,
  crashPolicy: "restart",
  runs: false,
  adopts: false,
  mailbox: 1,
  budget: {},
};

const without =
  (keep: keyof Keeps) =>
  (shipped: Shipped): Shipped => ({ ...shipped, keeps: { ...shipped.keeps, [keep]: false } });

const seeing =
  (change: (view: InstancePlanView) => InstancePlanView) =>
  (shipped: Shipped): Shipped => ({ ...shipped, planInstance: (view) => shipped.planInstance(change(view)) });

export const rules: readonly Rule[] = [
  {
    name: "fresh-ids",
    says: "Ids are never used again.",
    off: without("freshIds"),
    without: /without a row/,
    bound: { ...small, hosts: 1, mailbox: 2, budget: { failures: 1, resets: 1, slowIngests: 1 } },
  },
  {
    name: "fresh-generations",
    says: "A guest that is adopted is asked at a generation that it was never told.",
    off: without("freshGenerations"),
    without: /destroyed/,
    bound: { ...small, adopts: true, budget: { partitions: 1, fences: 1 } },
  },
  {
    name: "current-acknowledgement",
    says: "An acknowledgement counts only at the current generation.",
    off: seeing((view) => ({
      ...view,
      guests: view.guests.map((guest) => ({ ...guest, ackedGeneration: guest.generation })),
    })),
    without: /keeps a guest|without a row/,
    bound: { ...small, budget: { deletes: 1 } },
  },
  {
    name: "fresh-snapshot",
    says: "After a boot an agent starts nothing before it fetched a snapshot in that boot.",
    off: without("freshSnapshot"),
    without: /two guests/,
    bound: { ...small, runs: true, budget: { powerLosses: 1, fences: 1 } },
  },
  {
    name: "last-guest-first",
    says: "A new guest waits until no other guest row is left.",
    off: seeing(hideOthers),
    without: /destroyed|two guests/,
    bound: { ...small, budget: { failures: 1 } },
  },
  {
    name: "fence-at-once",
    says: "A fence declares the guests lost and orders them away in one transaction.",
    off: without("fenceOrders"),
    without: /two guests/,
    bound: { ...small, runs: true, budget: { powerLosses: 1, fences: 1 } },
  },
  {
    name: "silent-while-fencing",
    says: "A host is told nothing while its fence is asked for and not carried out.",
    off: (shipped) => ({
      ...shipped,
      fenceRefusal: (fence, boot) => (shipped.fenceRefusal(fence, boot) === "fenced" ? "fenced" : null),
    }),
    without: /two guests/,
    bound: { ...small, runs: true, budget: { powerLosses: 1, fences: 1 } },
  },
  {
    name: "down-is-not-gone",
    says: "A host that is only silent keeps its guests.",
    off: seeing((view) => ({
      ...view,
      guests: view.guests.map((guest) => ({ ...guest, lost: guest.lost || !guest.reachable })),
    })),
    without: /without a row/,
    bound: { ...small, budget: { partitions: 1 } },
  },
  {
    name: "stale-report",
    says: "A report of an older run, or an older report of this run, is refused.",
    off: (shipped) => ({ ...shipped, staleReport: () => null }),
    without: /older report/,
    bound: { ...small, hosts: 1, mailbox: 2, budget: { wishes: 2, selfStops: 1 } },
  },
  {
    name: "counted-generation",
    says: "What is said of a generation older than the last one said, or of one never ordered, does not count.",
    off: (shipped) => ({ ...shipped, countsForGuest: () => true }),
    without: /older order/,
    bound: { ...small, hosts: 1, mailbox: 2, budget: { wishes: 1, slowIngests: 1 } },
  },
  {
    name: "absence-is-no-order",
    says: "What a snapshot does not name is left as it is.",
    off: without("absenceIsNoOrder"),
    without: /destroyed/,
    bound: { ...small, hosts: 1, budget: { emptySnapshots: 1 } },
  },
  {
    name: "readiness",
    says: "A guest may run only when all that it needs is bound to its host.",
    off: seeing((view) => ({ ...view, readiness: [] })),
    without: /without its port/,
    bound: { ...small, hosts: 1, needs: 1 },
  },
  {
    name: "unbind-last",
    says: "A port or volume leaves a host only after the last guest row there.",
    off: (shipped) => ({ ...shipped, bindingOf: (_bound, active) => active }),
    without: /without its port/,
    bound: { ...small, hosts: 1, needs: 1, budget: { deletes: 1 } },
  },
  {
    name: "ask-anew",
    says: "Placing a guest asks anew for its ports: what was read of them before lets nothing start.",
    off: without("asksAnew"),
    without: /without its port/,
    bound: {
      ...small,
      hosts: 1,
      needs: 1,
      runs: true,
      budget: { powerLosses: 1, fences: 1, slowPasses: 1 },
    },
  },
  {
    name: "compare-and-set",
    says: "A step is written only on the rows that it was planned on.",
    off: without("compareAndSet"),
    without: /guests are left|two guests/,
    bound: { ...small, budget: { stalePlans: 1 } },
  },
  {
    name: "self-stop",
    says: "A guest that powered itself off stays off until somebody asks.",
    off: (shipped) => ({
      ...shipped,
      decideGuest: (spec, seen, note, ensured, boot) =>
        shipped.decideGuest(spec, seen, { ...note, ranGeneration: null }, ensured, boot),
    }),
    without: /started unasked/,
    bound: { ...small, hosts: 1, budget: { selfStops: 1 } },
  },
  {
    name: "boot-is-no-death",
    says: "A guest that is off because its host was is not called dead.",
    off: without("bootIsNoDeath"),
    without: /was to be running/,
    bound: { ...small, hosts: 1, crashPolicy: "stop", budget: { powerLosses: 1 } },
  },
  {
    name: "signs-of-life",
    says: "A host that answered after it was said to be off is not fenced.",
    off: (shipped) => ({
      ...shipped,
      planHypervisor: (facts) => shipped.planHypervisor({ ...facts, present: false, seenSince: false }),
    }),
    without: /fenced for ever/,
    bound: { ...small, runs: true, budget: { powerLosses: 1, fences: 1 } },
  },
];

/** Guests that are on their way out are not waited for. */
function hideOthers(view: InstancePlanView): InstancePlanView {
  const { activeGuestId } = view.instance;
  const leaving = (guest: InstancePlanView["guests"][number]) =>
    guest.id !== activeGuestId && guest.ackedGeneration !== guest.generation;
  return { ...view, guests: view.guests.filter((guest) => !leaving(guest)) };
}
