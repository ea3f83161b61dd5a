/** Consoles that wait for their agent, in this process. */
import { timingSafeEqual } from "node:crypto";
import type { WebSocket } from "ws";

export type PendingDials = {
  /** null when no agent dialled in time, or the browser went. */
  wait: (
    consoleId: string,
    secret: string,
    withinMs: number,
    signal: AbortSignal,
  ) => Promise<WebSocket | null>;
  /** True when this console waits for exactly this secret. */
  expects: (consoleId: string, secret: string) => boolean;
  /** Hands the agent's socket over; false when nobody waits any more. */
  deliver: (consoleId: string, socket: WebSocket) => boolean;
};

type Waiting = { secret: string; resolve: (socket: WebSocket | null) => void };

export function makePendingDials(): PendingDials {
  const waiting = new Map<string, Waiting>();
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
      }),
    expects: (consoleId, secret) => {
      const [given, wanted] = [Buffer.from(secret), Buffer.from(waiting.get(consoleId)?.secret ?? "")];
      return given.length === wanted.length && given.length > 0 && timingSafeEqual(given, wanted);
    },
    deliver: (consoleId, socket) => settle(consoleId, socket),
  };
}
