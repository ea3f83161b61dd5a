/**
 * Which of the control plane's web processes this hypervisor speaks to: the same one while it answers, the next when it
 * does not. A call fails only after every address was tried; how long to wait then is its caller's business.
 */
import { EventEmitter, once } from "node:events";
import { setTimeout as delay } from "node:timers/promises";
import { CloudError } from "@madang/core/errors";
import type { Logger } from "pino";

export type Route = {
  /** `lost` ends the call when another one found its address dead: nobody waits at a process that is gone. */
  through: <T>(call: (base: string, lost: AbortSignal) => Promise<T>, signal?: AbortSignal) => Promise<T>;
  /** After `ms`, or as soon as another call has got an answer: then there is no reason to wait any longer. */
  pause: (ms: number, signal: AbortSignal) => Promise<void>;
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

/** A thousand agents that hear at once that the other side is back do not all ask in the same moment, ms. */
const spreadMs = 1_000;

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

  const waiting = new EventEmitter<{ answer: [] }>().setMaxListeners(0);
  const pause: Route["pause"] = async (ms, signal) => {
    const over = AbortSignal.any([signal, AbortSignal.timeout(Math.ceil(ms))]);
    const answered = once(waiting, "answer", { signal: over }).then(() =>
      delay(Math.random() * spreadMs, null, { signal: over }),
    );
    await answered.catch(() => {});
  };

  const through: Route["through"] = async (call, signal) => {
    for (let tried = 1; ; tried++) {
      const index = at;
      try {
        const answer = await call(bases[index] ?? "", lost.signal);
        waiting.emit("answer");
        return answer;
      } catch (error) {
        if (!(error instanceof Unreachable) || signal?.aborted) throw error;
        leave(index);
        if (tried >= bases.length) throw error;
      }
    }
  };
  return { through, pause };
}
