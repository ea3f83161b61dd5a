/**
 * One thing at a time per volume: a guest that is started, stopped or given disks holds all of its volumes, and so does
 * whoever changes them. Several are asked for in one go, so no two ever wait for each other.
 */
export type VolumeLocks = {
  run<T>(volumeIds: readonly string[], signal: AbortSignal, work: () => Promise<T>): Promise<T>;
};

export function volumeLocks(): VolumeLocks {
  const tails = new Map<string, Promise<unknown>>();
  return {
    async run(volumeIds, signal, work) {
      signal.throwIfAborted();
      const { promise: done, resolve: release } = Promise.withResolvers<void>();
      const before = Promise.all(volumeIds.map((volumeId) => tails.get(volumeId)));
      // Who gives up while waiting still keeps those behind it waiting for those before.
      const tail = before.then(() => done);
      for (const volumeId of volumeIds) tails.set(volumeId, tail);
      void tail.then(() => {
        for (const volumeId of volumeIds) if (tails.get(volumeId) === tail) tails.delete(volumeId);
      });
      try {
        await orAborted(before, signal);
        return await work();
      } finally {
        release();
      }
    },
  };
}

async function orAborted(waiting: Promise<unknown>, signal: AbortSignal): Promise<void> {
  const { promise: aborted, reject } = Promise.withResolvers<never>();
  const onAbort = () => reject(signal.reason);
  signal.addEventListener("abort", onAbort, { once: true });
  try {
    await Promise.race([waiting, aborted]);
    signal.throwIfAborted();
  } finally {
    signal.removeEventListener("abort", onAbort);
  }
}
