/** Waiting for something to happen to a guest: libvirt's events wake the waiter, the clock does if one was lost. */
export type GuestEvents = {
  happened(guestId: string): void;
  /** Resolves at the next event of this guest, at the latest after `ms`. Rejects when aborted. */
  next(guestId: string, ms: number, signal: AbortSignal): Promise<void>;
};

export function guestEvents(): GuestEvents {
  const waiters = new Map<string, Set<() => void>>();
  return {
    happened(guestId) {
      for (const wake of waiters.get(guestId) ?? []) wake();
    },
    async next(guestId, ms, signal) {
      signal.throwIfAborted();
      const { promise, resolve, reject } = Promise.withResolvers<void>();
      const mine = waiters.get(guestId) ?? new Set();
      waiters.set(guestId, mine.add(resolve));
      const timer = setTimeout(resolve, ms);
      const abort = () => reject(signal.reason);
      signal.addEventListener("abort", abort, { once: true });
      try {
        await promise;
      } finally {
        clearTimeout(timer);
        signal.removeEventListener("abort", abort);
        mine.delete(resolve);
        if (mine.size === 0) waiters.delete(guestId);
      }
    },
  };
}
