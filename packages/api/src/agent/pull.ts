/** The long poll: answered when the snapshot is another than the agent has, at the latest after `longPollMs`. */
import { setTimeout as sleep } from "node:timers/promises";
import { longPollMs, type PullInput, type Snapshot } from "@madang/core/wire/agent";
import { nextHint } from "../hint-bus.ts";
import type { AgentDeps } from "./deps.ts";
import { requireUnfenced } from "./fence.ts";
import { type Peer, requirePeer } from "./peer.ts";
import { readSnapshot } from "./snapshot.ts";

/** Hints may be lost; where nobody looks for all who wait, the rows are looked at this often anyway, ms. */
const lookEveryMs = 2_000;
/** What several transactions change in the same moment is told together, ms. */
const togetherMs = 5;

/** Throws Unauthenticated as soon as the agent is revoked, Forbidden when its boot is fenced, Unavailable while a fence is under way. */
export async function pullSnapshot(
  deps: AgentDeps,
  peer: Peer,
  { bootId, revision }: Pick<PullInput, "bootId" | "revision">,
  signal: AbortSignal,
): Promise<Snapshot> {
  const until = performance.now() + longPollMs;
  await requireUnfenced(deps.agents, peer, bootId);
  const unwatch = deps.looks?.watch(peer);
  try {
    for (;;) {
      const left = Math.max(0, until - performance.now());
      const patience = deps.looks ? left : Math.min(left, lookEveryMs);
      const hint = nextHint(deps.bus, `hypervisor:${peer.hypervisorId}`, patience, signal);
      const snapshot = await readSnapshot(deps, peer.hypervisorId);
      if (snapshot.revision !== revision || performance.now() >= until || signal.aborted) return snapshot;
      await hint;
      await sleep(togetherMs);
      await Promise.all([requirePeer(deps.agents, peer), requireUnfenced(deps.agents, peer, bootId)]);
    }
  } finally {
    unwatch?.();
  }
}
