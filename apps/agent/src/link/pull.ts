/**
 * Holds a long poll open for ever. A lost connection is tried again with back-off and jitter, so that a thousand agents
 * do not come back in the same second; orders that are already here go on being kept meanwhile.
 */
import { setTimeout as delay } from "node:timers/promises";
import { asCloudError } from "@madang/core/errors";
import { type Snapshot, wireVersion } from "@madang/core/wire/agent";
import type { Logger } from "pino";
import type { Link } from "./client.ts";
import { type Route, Unreachable } from "./route.ts";

export type PullDeps = {
  link: () => Link;
  bootId: string;
  /** Saved before it is acted on. */
  save: (snapshot: Snapshot) => Promise<void>;
  apply: (snapshot: Snapshot) => void;
  /** Waits after nobody was reached; without one, the whole time. */
  pause?: Route["pause"];
  log: Logger;
};

const longestWaitMs = 15_000;

/** Ends when `signal` is aborted. */
export async function pullForever(deps: PullDeps, signal: AbortSignal): Promise<void> {
  let revision: string | null = null;
  let failures = 0;
  while (!signal.aborted) {
    try {
      revision = await pullOnce(deps, revision, signal);
      failures = 0;
    } catch (error) {
      if (signal.aborted) return;
      failures++;
      const detail = asCloudError(error).options.detail;
      if (failures === 1) deps.log.warn({ err: error, detail }, "control plane is not reachable");
      const pause = error instanceof Unreachable && deps.pause ? deps.pause : wholeTime;
      await pause(reconnectMs(failures), signal);
    }
  }
}

const wholeTime: Route["pause"] = (ms, signal) => delay(ms, undefined, { signal }).catch(() => {});

async function pullOnce(
  deps: PullDeps,
  revision: string | null,
  signal: AbortSignal,
): Promise<string | null> {
  const snapshot = await deps.link().pull({ version: wireVersion, bootId: deps.bootId, revision }, signal);
  if (!snapshot || snapshot.revision === revision) return revision;
  await deps.save(snapshot);
  deps.apply(snapshot);
  return snapshot.revision;
}

/** 0.25 s, doubling to 15 s, half of it at random; whole ms, for not every timer takes others. */
export function reconnectMs(failures: number, random: () => number = Math.random): number {
  const base = Math.min(longestWaitMs, 250 * 2 ** (failures - 1));
  return Math.round(base / 2 + (random() * base) / 2);
}
