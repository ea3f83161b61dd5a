/**
 * What is here, is named by no snapshot and is to go by an administrator's explicit order: each is tried until it is gone,
 * and none while a snapshot names it.
 */
import { asCloudError, type PublicError } from "@madang/core/errors";
import type { Logger } from "pino";
import { backOffMs } from "./decision.ts";

export type OrphanOrdersDeps = {
  isNamed: (id: string) => boolean;
  remove: (id: string, signal: AbortSignal) => Promise<void>;
  onGone: (id: string) => void;
  onFault: (id: string, fault: PublicError) => void;
  log: Logger;
};

export type OrphanOrders = {
  /** All that stand; answers those that are new. */
  order: (ids: readonly string[]) => string[];
  /** It is here, and goes if that is ordered. */
  carryOut: (id: string) => void;
  fault: (id: string) => PublicError | null;
  stop: () => Promise<void>;
};

type Order = {
  failures: number;
  notBefore: number;
  fault: PublicError | null;
  running: Promise<void> | null;
};

export function createOrphanOrders(deps: OrphanOrdersDeps): OrphanOrders {
  const orders = new Map<string, Order>();
  const ending = new AbortController();
  const remove = async (id: string, order: Order) => {
    try {
      await deps.remove(id, ending.signal);
      deps.log.info({ orphan: id }, "orphan removed");
      deps.onGone(id);
    } catch (error) {
      if (ending.signal.aborted) return;
      const fault = asCloudError(error);
      order.failures++;
      order.notBefore = performance.now() + backOffMs(order.failures);
      order.fault = fault.toPublic();
      const { detail } = fault.options;
      deps.log.warn({ err: error, detail, orphan: id, failures: order.failures }, "orphan was not removed");
      deps.onFault(id, order.fault);
    }
  };
  return {
    order: (ids) => {
      for (const id of orders.keys()) if (!ids.includes(id)) orders.delete(id);
      const fresh = ids.filter((id) => !orders.has(id));
      for (const id of fresh) orders.set(id, { failures: 0, notBefore: 0, fault: null, running: null });
      return fresh;
    },
    carryOut: (id) => {
      const order = orders.get(id);
      if (!order || ending.signal.aborted || deps.isNamed(id)) return;
      if (order.running || performance.now() < order.notBefore) return;
      order.running = remove(id, order).finally(() => {
        order.running = null;
      });
    },
    fault: (id) => orders.get(id)?.fault ?? null,
    stop: async () => {
      ending.abort();
      await Promise.all([...orders.values()].map(({ running }) => running));
    },
  };
}
