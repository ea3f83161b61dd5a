/** Conditions of an instance: name → whether it holds, and if not why, in words for its owner. */
import type { PublicError } from "@madang/core/errors";
import type { Instance } from "@madang/db";
import { z } from "zod";

const condition = z.object({
  ok: z.boolean(),
  reason: z.string().optional(),
  message: z.string().optional(),
  params: z.record(z.string(), z.union([z.string(), z.number()])).optional(),
});
export type Condition = z.infer<typeof condition>;
const stored = z.object({
  Scheduled: condition.optional(),
  Spawned: condition.optional(),
  PortsBound: condition.optional(),
});
/**
 * Scheduled: a hypervisor was found. Spawned: the guest was built there. PortsBound: only there, unmet, while its ports
 * wait for a network that does not take what it is told.
 */
export type Conditions = z.infer<typeof stored>;

export function readConditions(instance: Pick<Instance, "conditions">): Conditions {
  return stored.safeParse(instance.conditions).data ?? {};
}

export function unmet(fault: PublicError): Condition {
  return {
    ok: false,
    reason: fault.reason,
    message: fault.message,
    ...(fault.params ? { params: fault.params } : {}),
  };
}
