/** The long poll: answered when the snapshot is another than the agent has, at the latest after `longPollMs`. */
import { setTimeout as sleep } from "node:timers/promises";
import { longPollMs, type PullInput, type Snapshot } from "@madang/core/wire/agent";
import { nextHint } from "../hint-bus.ts";
import type { AgentDeps } from "./deps.ts";
import { requireUnfenced } from "./fence.ts";
import { type Peer, requirePeer } from "./peer.ts";
import { readSnapshot } from "./snapshot.ts";

/** Hints may be lost, so the rows are looked at this often anyway, ms. */
const lookEveryMs = 2_000;
/** Changes that come together are told together, ms. */
const coalesceMs = 50;

/** Throws Unauthenticated as soon as the agent is revoked, Forbidden when its boot is fenced, Unavailable while a fence is under way. */
export async function pullSnapshot(
  deps: AgentDeps,
  peer: Peer,
  { bootId, revision }: Pick<PullInput, "bootId" | "revision">,
  signal: AbortSignal,
): Promise<Snapshot> {
  await requireUnfenced(deps.agents, peer, bootId);
  const until = performance.now() + longPollMs;
  for (;;) {
    const hint = nextHint(deps.bus, `hypervisor:${peer.hypervisorId}`, lookEveryMs, signal);
    const snapshot = await readSnapshot(deps, peer.hypervisorId);
    if (snapshot.revision !== revision || performance.now() >= until || signal.aborted) return snapshot;
    await hint;
    await sleep(coalesceMs);
    await requirePeer(deps.agents, peer);
    await requireUnfenced(deps.agents, peer, bootId);
  }
}
