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

/** `requestedAt`: when it was asked for last; control planes from before do not say. */
export type OrphanOrder = { id: string; requestedAt?: string | undefined };

export type OrphanOrders = {
  /** All that stand, after what is named has its worker; answers those that are new or were asked for again. */
  order: (wanted: readonly OrphanOrder[]) => string[];
  /** It is here, and goes if that is ordered. */
  carryOut: (id: string) => void;
  fault: (id: string) => PublicError | null;
  /** Waits for what is under way. */
  stop: () => Promise<void>;
};

type Order = {
  requestedAt: string | undefined;
  failures: number;
  notBefore: number;
  fault: PublicError | null;
  /** Withdrawn, or it is named again: whatever it waits for, it does not go on. */
  abort: AbortController;
};

const freshOrder = (requestedAt: string | undefined): Order => ({
  ...{ requestedAt, failures: 0, notBefore: 0, fault: null },
  abort: new AbortController(),
});

export function createOrphanOrders(deps: OrphanOrdersDeps): OrphanOrders {
  const orders = new Map<string, Order>();
  /** Also those whose order was withdrawn since. */
  const running = new Map<string, Promise<void>>();
  let isEnding = false;
  const remove = async (id: string, order: Order) => {
    try {
      await deps.remove(id, order.abort.signal);
      deps.log.info({ orphan: id }, "orphan removed");
      deps.onGone(id);
    } catch (error) {
      if (order.abort.signal.aborted) return;
      const fault = asCloudError(error);
      order.failures++;
      order.notBefore = performance.now() + backOffMs(order.failures);
      order.fault = fault.toPublic();
      const { detail } = fault.options;
      deps.log.warn({ err: error, detail, orphan: id, failures: order.failures }, "orphan was not removed");
      deps.onFault(id, order.fault);
    }
  };
  const withdraw = (id: string, order: Order) => {
    order.abort.abort();
    orders.delete(id);
  };
  const isNews = ({ id, requestedAt }: OrphanOrder) => {
    const known = orders.get(id);
    if (!known) return !deps.isNamed(id);
    return known.requestedAt !== requestedAt;
  };
  return {
    order: (wanted) => {
      const ids = new Set(wanted.map(({ id }) => id));
      for (const [id, order] of orders) if (!ids.has(id) || deps.isNamed(id)) withdraw(id, order);
      const fresh = wanted.filter(isNews);
      for (const { id, requestedAt } of fresh) {
        const known = orders.get(id);
        if (known) Object.assign(known, { requestedAt, failures: 0, notBefore: 0, fault: null });
        else orders.set(id, freshOrder(requestedAt));
      }
      return fresh.map(({ id }) => id);
    },
    carryOut: (id) => {
      const order = orders.get(id);
      if (!order || isEnding || deps.isNamed(id)) return;
      if (running.has(id) || performance.now() < order.notBefore) return;
      running.set(
        id,
        remove(id, order).finally(() => running.delete(id)),
      );
    },
    fault: (id) => orders.get(id)?.fault ?? null,
    stop: async () => {
      isEnding = true;
      for (const { abort } of orders.values()) abort.abort();
      await Promise.all(running.values());
    },
  };
}
