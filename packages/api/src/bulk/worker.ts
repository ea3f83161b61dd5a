import { type BulkDeps, workBulk } from "./work.ts";

const pauseMs = 500;

/** Until the answered function is called, which waits for the share under way. What fails is tried again. */
export function startBulkWorker(deps: BulkDeps): () => Promise<void> {
  const ending = new AbortController();
  const working = run(deps, ending.signal);
  return async () => {
    ending.abort();
    await working;
  };
}

async function run(deps: BulkDeps, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    const more = await workBulk(deps).catch((error: unknown) => {
      deps.log.warn({ err: error }, "bulk actions were not carried on");
      return false;
    });
    if (!more) await pause(signal);
  }
}

function pause(signal: AbortSignal): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, pauseMs);
  signal.addEventListener("abort", () => resolve(), { once: true });
  return promise.finally(() => clearTimeout(timer));
}
