/** What the plan of an instance sees, in tests. */
import type { PublicError } from "@madang/core/errors";
import type { GuestFacts, InstanceFacts, InstancePlanView } from "../reconcilers/instance.plan.ts";

export const fault = (retry: PublicError["retry"]): PublicError => ({
  code: "Internal",
  reason: "guestStart",
  message: "no",
  retry,
});

export type Change = {
  instance?: Partial<InstanceFacts>;
  guest?: Partial<GuestFacts> | null;
  others?: Partial<GuestFacts>[];
  bound?: string | null;
  disks?: InstancePlanView["disks"];
};

const settledGuest: GuestFacts = {
  id: "guest-1",
  hypervisorId: "host-1",
  desired: "running",
  instanceGeneration: 3,
  rebootSeq: 1,
  rebootKind: "soft",
  generation: 5,
  lost: false,
  reachable: true,
  observed: "running",
  ackedGeneration: 5,
  observedRebootSeq: 1,
  stopCause: null,
  phase: null,
  percent: null,
  fault: null,
  disks: null,
  silenced: false,
};

/** A settled, running instance, and what is different about it. */
export function view({
  instance = {},
  guest = {},
  others = [],
  bound = "host-1",
  disks = [],
}: Change = {}): InstancePlanView {
  const guests = guest === null ? [] : [{ ...settledGuest, ...guest }];
  return {
    instance: {
      id: "instance-1",
      power: "running",
      generation: 3,
      rebootSeq: 1,
      rebootKind: "soft",
      crashPolicy: "restart",
      deleteRequested: false,
      softDeleted: false,
      force: "none",
      resetRequested: false,
      adopts: false,
      selfStoppedAt: null,
      launched: true,
      fault: null,
      observedGeneration: 3,
      activeGuestId: guest === null ? null : "guest-1",
      excludedHypervisors: [],
      overdue: false,
      ...instance,
    },
    guests: [
      ...guests,
      ...others.map((other, index) => ({ ...settledGuest, id: `other-${index}`, ...other })),
    ],
    readiness: [{ condition: "PortsBound", hypervisorId: bound }],
    disks,
  };
}
