/**
 * The functions of the product that the model runs, and the few policies of its own actors, as one value: a rule is
 * switched off by wrapping one of them from outside.
 */
import { decideGuest } from "../../apps/agent/src/converge/decision.ts";
import { planHypervisor } from "../../apps/controller/src/reconcilers/hypervisor.plan.ts";
import { planInstance } from "../../apps/controller/src/reconcilers/instance.plan.ts";
import { bindingOf, portReadiness } from "../../apps/controller/src/reconcilers/network.plan.ts";
import { fenceRefusal } from "../../packages/api/src/agent/fence.ts";
import { countsForGuest, staleReport } from "../../packages/api/src/agent/staleness.ts";

export type Shipped = {
  planInstance: typeof planInstance;
  planHypervisor: typeof planHypervisor;
  bindingOf: typeof bindingOf;
  portReadiness: typeof portReadiness;
  decideGuest: typeof decideGuest;
  staleReport: typeof staleReport;
  countsForGuest: typeof countsForGuest;
  fenceRefusal: typeof fenceRefusal;
  /** What the model's own actors keep to, because the code that does is not a pure function. */
  keeps: Keeps;
};

export type Keeps = {
  /** A guest is named by an id that was never used. */
  freshIds: boolean;
  /** A guest is adopted at a generation that it was never told. */
  freshGenerations: boolean;
  /** An agent acts only on a snapshot that it fetched in this boot. */
  freshSnapshot: boolean;
  /** The fence orders its guests away in the same transaction that declares them lost. */
  fenceOrders: boolean;
  /** A step is applied only to the rows that it was planned on. */
  compareAndSet: boolean;
  /** What no snapshot names is left as it is. */
  absenceIsNoOrder: boolean;
  /** A guest that is off because its host was is not called dead. */
  bootIsNoDeath: boolean;
  /** Placing a guest asks anew for what it needs. */
  asksAnew: boolean;
};

export const shipped: Shipped = {
  planInstance,
  planHypervisor,
  bindingOf,
  portReadiness,
  decideGuest,
  staleReport,
  countsForGuest,
  fenceRefusal,
  keeps: {
    freshIds: true,
    freshGenerations: true,
    freshSnapshot: true,
    fenceOrders: true,
    compareAndSet: true,
    absenceIsNoOrder: true,
    bootIsNoDeath: true,
    asksAnew: true,
  },
};
