/** What a signed-in browser may do, at once and whenever it changes, until the session ends: also where no project is open. */
import type { Grants } from "@madang/core/identity/permission";
import type { ApiDeps } from "../deps.ts";
import { type Identity, requireSession } from "../identity.ts";
import type { EndReason } from "./access-watch.ts";

export type AccountMessage = { type: "grants"; grants: Grants } | { type: "ended"; reason: EndReason };

export async function* streamAccount(
  deps: ApiDeps,
  me: Identity,
  signal: AbortSignal,
): AsyncGenerator<AccountMessage, void> {
  const identity = { ...me, sessionId: requireSession(me) };
  const waiting: AccountMessage[] = [{ type: "grants", grants: me.grants }];
  let wake = () => {};
  const say = (message: AccountMessage) => {
    waiting.push(message);
    wake();
  };
  const unwatch = deps.access.add({
    identity,
    permission: "account:read",
    projectId: null,
    onEnd: (reason) => say({ type: "ended", reason }),
    onGrants: (grants) => say({ type: "grants", grants }),
  });
  const onAbort = () => wake();
  signal.addEventListener("abort", onAbort);
  deps.meter.open("stream", 1);
  try {
    while (!signal.aborted) {
      const message = waiting.shift();
      if (message) yield message;
      if (message?.type === "ended") return;
      if (waiting.length === 0 && !signal.aborted) await new Promise<void>((resolve) => (wake = resolve));
    }
  } finally {
    deps.meter.open("stream", -1);
    unwatch();
    signal.removeEventListener("abort", onAbort);
  }
}
