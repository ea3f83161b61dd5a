/** One thing at a time per guest, in the order it was asked for; different guests do not wait for each other. */
export type GuestLocks = {
  run<T>(guestId: string, signal: AbortSignal, work: () => Promise<T>): Promise<T>;
};

export function guestLocks(): GuestLocks {
  const tails = new Map<string, Promise<unknown>>();
  return {
    async run(guestId, signal, work) {
      const before = tails.get(guestId) ?? Promise.resolve();
      const mine = before.then(
        () => attempt(signal, work),
        () => attempt(signal, work),
      );
      tails.set(guestId, mine);
      try {
        return await mine;
      } finally {
        if (tails.get(guestId) === mine) tails.delete(guestId);
      }
    },
  };
}

async function attempt<T>(signal: AbortSignal, work: () => Promise<T>): Promise<T> {
  signal.throwIfAborted();
  return work();
}
