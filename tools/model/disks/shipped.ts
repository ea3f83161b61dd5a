/** What of the product decides over attachments, as one value: a rule is switched off by wrapping a part of it from outside. */
import { type VolumeActionView, volumeActionBlocked } from "@madang/core/volume/action";
import { planDisks } from "../../../apps/controller/src/reconcilers/instance.disks.plan.ts";
import { countsForGuest } from "../../../packages/api/src/agent/staleness.ts";

export type Shipped = {
  planDisks: typeof planDisks;
  countsForGuest: typeof countsForGuest;
  blocked: (action: "attach" | "detach", view: VolumeActionView) => string | null;
  /** What the model's own actors keep to, because the code that does is not a pure function. */
  keeps: Keeps;
};

export type Keeps = {
  /** The key of the table: a volume has one attachment. */
  unique: boolean;
  /** Admission refuses an instance on another hypervisor than the volume. */
  samePlace: boolean;
  /** An instance's row, and what is attached to it, goes after its last guest. */
  lastGuestFirst: boolean;
  /** After a boot an agent acts only on what it fetched in that boot. */
  freshSnapshot: boolean;
  /** What is told to a guest is told under a new generation. */
  newGeneration: boolean;
};

export const shipped: Shipped = {
  planDisks,
  countsForGuest,
  blocked: volumeActionBlocked,
  keeps: { unique: true, samePlace: true, lastGuestFirst: true, freshSnapshot: true, newGeneration: true },
};
