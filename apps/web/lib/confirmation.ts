/**
 * A call that was refused because the person should show again that it is him waits here until he did, and is then sent
 * once more as it was. Whoever calls notices nothing but the time it took.
 */
import type { AppRouter } from "@madang/api";
import type { TRPCLink } from "@trpc/client";
import { observable } from "@trpc/server/observable";
import { useSyncExternalStore } from "react";
import { failureOf } from "./failure.ts";

type Asking = { answer: Promise<boolean>; resolve: (confirmed: boolean) => void };

let asking: Asking | null = null;
const listeners = new Set<() => void>();

function tell(next: Asking | null): void {
  asking = next;
  for (const listener of listeners) listener();
}

/** However many calls wait, the person is asked once. */
function askToConfirm(): Promise<boolean> {
  if (!asking) {
    const { promise, resolve } = Promise.withResolvers<boolean>();
    tell({ answer: promise, resolve });
    return promise;
  }
  return asking.answer;
}

/** `confirmed` false: he would rather not, and the call fails as it was refused. */
export function answerConfirmation(confirmed: boolean): void {
  asking?.resolve(confirmed);
  tell(null);
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

export function useConfirmationAsked(): boolean {
  return useSyncExternalStore(
    subscribe,
    () => asking !== null,
    () => false,
  );
}

/** Only for mutations: what nobody asked for by hand asks nobody for a password. */
export const confirmLink: TRPCLink<AppRouter> = () => {
  return ({ op, next }) =>
    observable((observer) => {
      let wanted = true;
      let sent = { unsubscribe: () => {} };
      const send = (again: boolean) => {
        sent = next(op).subscribe({
          next: (value) => observer.next(value),
          complete: () => observer.complete(),
          error: async (error) => {
            const needed = op.type === "mutation" && failureOf(error).error.reason === "confirmNeeded";
            const confirmed = needed && !again && (await askToConfirm());
            if (!wanted) return;
            if (confirmed) send(true);
            else observer.error(error);
          },
        });
      };
      send(false);
      return () => {
        wanted = false;
        sent.unsubscribe();
      };
    });
};
