/** Consoles that wait for their agent, in this process. */
import { timingSafeEqual } from "node:crypto";
import { EventEmitter, once } from "node:events";
import type { WebSocket } from "ws";

export type PendingDials = {
  /** null when no agent dialled in time, or the browser went. */
  wait: (
    consoleId: string,
    secret: string,
    withinMs: number,
    signal: AbortSignal,
  ) => Promise<WebSocket | null>;
  /**
   * True when this console waits for exactly this secret. An agent learns of a console from its row, which is a moment
   * older than the wait: one that nobody waits for yet gets that moment.
   */
  expects: (consoleId: string, secret: string) => Promise<boolean>;
  /** Hands the agent's socket over; false when nobody waits any more. */
  deliver: (consoleId: string, socket: WebSocket) => boolean;
};

const momentMs = 3_000;

type Waiting = { secret: string; resolve: (socket: WebSocket | null) => void };

export function makePendingDials(): PendingDials {
  const waiting = new Map<string, Waiting>();
  const beginnings = new EventEmitter().setMaxListeners(0);
  const begun = (consoleId: string) =>
    once(beginnings, consoleId, { signal: AbortSignal.timeout(momentMs) }).catch(() => {});
  const settle = (consoleId: string, socket: WebSocket | null) => {
    const entry = waiting.get(consoleId);
    waiting.delete(consoleId);
    entry?.resolve(socket);
    return entry !== undefined;
  };
  return {
    wait: (consoleId, secret, withinMs, signal) =>
      new Promise<WebSocket | null>((resolve) => {
        const timer = setTimeout(() => settle(consoleId, null), withinMs);
        const onAbort = () => settle(consoleId, null);
        signal.addEventListener("abort", onAbort, { once: true });
        const done = (socket: WebSocket | null) => {
          clearTimeout(timer);
          signal.removeEventListener("abort", onAbort);
          resolve(socket);
        };
        waiting.set(consoleId, { secret, resolve: done });
        beginnings.emit(consoleId);
      }),
    expects: async (consoleId, secret) => {
      if (!waiting.has(consoleId)) await begun(consoleId);
      const [given, wanted] = [Buffer.from(secret), Buffer.from(waiting.get(consoleId)?.secret ?? "")];
      return given.length === wanted.length && given.length > 0 && timingSafeEqual(given, wanted);
    },
    deliver: (consoleId, socket) => settle(consoleId, socket),
  };
}
