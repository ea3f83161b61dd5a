/**
 * Which of the control plane's web processes this hypervisor speaks to: the same one while it answers, the next when it
 * does not. A call fails only after every address was tried; how long to wait then is its caller's business.
 */
import { CloudError } from "@madang/core/errors";
import type { Logger } from "pino";

export type Route = {
  /** `lost` ends the call when another one found its address dead: nobody waits at a process that is gone. */
  through: <T>(call: (base: string, lost: AbortSignal) => Promise<T>, signal?: AbortSignal) => Promise<T>;
};

/** Marks a failure to reach the other side at all; a refusal in words is an answer, and no other process has another. */
export class Unreachable extends CloudError {
  constructor(cause: unknown) {
    const text = cause instanceof Error ? `${cause.message} ${cause.cause ?? ""}` : String(cause);
    super("Unavailable", "The control plane cannot be reached.", {
      reason: "controlPlane",
      retry: "later",
      detail: text.slice(0, 300),
      cause,
    });
  }
}

export function openRoute(urls: readonly string[], log: Logger): Route {
  const bases = urls.map((url) => url.replace(/\/+$/, ""));
  let at = 0;
  let lost = new AbortController();

  const leave = (index: number) => {
    if (index !== at || bases.length === 1) return;
    at = (index + 1) % bases.length;
    lost.abort();
    lost = new AbortController();
    log.info({ from: bases[index], to: bases[at] }, "speaking to the next web process");
  };

  const through: Route["through"] = async (call, signal) => {
    for (let tried = 1; ; tried++) {
      const index = at;
      try {
        return await call(bases[index] ?? "", lost.signal);
      } catch (error) {
        if (!(error instanceof Unreachable) || signal?.aborted) throw error;
        leave(index);
        if (tried >= bases.length) throw error;
      }
    }
  };
  return { through };
}
