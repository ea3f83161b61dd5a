/** The bounds that are searched, and the rules: each with what keeps it no more, and what must go wrong then. */
import type { Keeps, Shipped } from "./shipped.ts";
import type { Bound } from "./state.ts";

type Plan = Shipped["planDisks"];
type View = Parameters<Plan>[0];

export type DiskRule = {
  says: string;
  off: (shipped: Shipped) => Shipped;
  /** What goes wrong when it is switched off. */
  without: RegExp;
  bound: Bound;
};

const together = (budget: Bound["budget"], mailbox = 1): Bound => ({ instances: [0, 0], mailbox, budget });
const apart = (budget: Bound["budget"]): Bound => ({ instances: [0, 1], mailbox: 1, budget });

/** `least`: it has at least so many states, so that a model that lost its moves does not pass. */
export const diskBounds: { name: string; least: number; bound: Bound }[] = [
  { name: "letters in any order", least: 6_000, bound: together({ attaches: 2, detaches: 2 }, 2) },
  {
    name: "an instance that is deleted",
    least: 9_000,
    bound: together({ attaches: 2, detaches: 1, deletions: 1 }),
  },
  { name: "two hypervisors", least: 1_800, bound: apart({ attaches: 2, detaches: 2 }) },
  {
    name: "a hypervisor that is revoked",
    least: 3_000,
    bound: apart({ attaches: 2, detaches: 1, revocations: 1 }),
  },
  {
    name: "a guest that does not let go",
    least: 700,
    bound: together({ attaches: 2, detaches: 1, failures: 1 }),
  },
  {
    name: "a power loss and a fence",
    least: 4_000,
    bound: together({ attaches: 1, detaches: 1, powerLosses: 1, fences: 1 }),
  },
  {
    name: "an older agent for a while",
    least: 6_500,
    bound: together({ attaches: 2, detaches: 1, downgrades: 1 }),
  },
];

/** And what only `npm run model` searches. */
export const longDiskBounds: typeof diskBounds = [
  {
    name: "a power loss, a fence and another instance",
    least: 60_000,
    bound: together({ attaches: 2, detaches: 1, powerLosses: 1, fences: 1 }),
  },
  {
    name: "everything that befalls one hypervisor",
    least: 60_000,
    bound: together({ attaches: 2, detaches: 2, powerLosses: 1, failures: 1, downgrades: 1 }),
  },
];

const without =
  (keep: keyof Keeps) =>
  (shipped: Shipped): Shipped => ({ ...shipped, keeps: { ...shipped.keeps, [keep]: false } });

/** The shipped plan, on a view that says something else. Its steps name no guest of the model's own. */
const seeing =
  (change: (view: View) => View) =>
  (shipped: Shipped): Shipped => {
    const planDisks: Plan = (view) => {
      const step = shipped.planDisks(change(view));
      const [guest] = view.guests;
      if (step === null || !("guest" in step)) return step;
      return guest ? { ...step, guest } : null;
    };
    return { ...shipped, planDisks };
  };

const guests = (change: (guest: View["guests"][number]) => Partial<View["guests"][number]>) =>
  seeing((view) => ({ ...view, guests: view.guests.map((guest) => ({ ...guest, ...change(guest) })) }));

export const diskRules: readonly DiskRule[] = [
  {
    says: "A detach is believed only when it was observed.",
    off: seeing((view) => {
      const leaves = view.disks.some(({ detachRequested }) => detachRequested);
      return leaves ? { ...view, guests: view.guests.map((guest) => ({ ...guest, disks: [] })) } : view;
    }),
    without: /two guests write/,
    bound: together({ attaches: 2, detaches: 1, failures: 1 }),
  },
  {
    says: "An answer to an older order is no answer.",
    off: guests(({ generation }) => ({ ackedGeneration: generation })),
    without: /two guests write|keeps a volume/,
    bound: together({ attaches: 2, detaches: 1 }),
  },
  {
    says: "What is told to a guest is told under a new generation.",
    off: without("newGeneration"),
    without: /two guests write|keeps a volume/,
    bound: together({ attaches: 2, detaches: 1 }),
  },
  {
    says: "An agent from before volumes says nothing of them.",
    off: guests(({ disks }) => ({ disks: disks ?? [] })),
    without: /two guests write|keeps a volume/,
    bound: together({ attaches: 2, detaches: 1, downgrades: 1 }),
  },
  {
    says: "A volume has one attachment.",
    off: (shipped) => {
      const free = without("unique")(shipped);
      return {
        ...free,
        blocked: (action, view) => (action === "attach" ? null : shipped.blocked(action, view)),
      };
    },
    without: /two guests write/,
    bound: together({ attaches: 2 }),
  },
  {
    says: "A volume is attached only where it is.",
    off: (shipped) =>
      seeing((view) => {
        const hypervisorId = view.guests[0]?.hypervisorId ?? null;
        return { ...view, disks: view.disks.map((disk) => (disk.ready ? { ...disk, hypervisorId } : disk)) };
      })(without("samePlace")(shipped)),
    without: /elsewhere/,
    bound: apart({ attaches: 2, detaches: 1 }),
  },
  {
    says: "A guest is told of a volume only once it is there.",
    off: seeing((view) => ({ ...view, disks: view.disks.map((disk) => ({ ...disk, ready: true })) })),
    without: /not there/,
    bound: together({ attaches: 1 }),
  },
  {
    says: "Nobody waits for the word of a revoked hypervisor.",
    off: guests(() => ({ silenced: false })),
    without: /detaching for ever/,
    bound: apart({ attaches: 1, detaches: 1, revocations: 1 }),
  },
  {
    says: "What is attached to an instance that is deleted is free after its last guest.",
    off: without("lastGuestFirst"),
    without: /two guests write/,
    bound: together({ attaches: 2, deletions: 1 }),
  },
  {
    says: "After a boot an agent acts only on what it fetched in that boot.",
    off: without("freshSnapshot"),
    without: /two guests write/,
    bound: together({ attaches: 2, detaches: 1, powerLosses: 1, fences: 1 }),
  },
];
