/**
 * Brings all tenant networks to the network driver: the whole topology each time, and the driver finds the difference.
 * What it has committed is then written down and told to whoever waits for it. A pass builds on no earlier one, so one
 * that was killed, or overtaken by another controller's, costs only the next.
 */
import { asCloudError, type PublicError } from "@madang/core/errors";
import type { Topology } from "@madang/core/network/topology";
import type { Database, HintTopic, PgBoss } from "@madang/db";
import type { NetworkDriver, Refusal } from "@madang/drivers/network/driver";
import { recordFault, recordRealised } from "./network.apply.ts";
import { refusedRows } from "./network.plan.ts";
import { recordRefusals, type Told } from "./network.refusal.ts";
import { readTopology } from "./network.view.ts";

export type NetworkDeps = {
  database: Database;
  boss: PgBoss;
  /** null: this cloud has none. */
  driver: NetworkDriver | null;
  publish: (...topics: HintTopic[]) => void;
  /** What refusals were told of before. */
  told?: Told;
  /** What this pass did not bring about, each with what the network says of it. */
  onRefusal?: (refused: readonly Refusal[]) => void;
  /** Told of each pass that ended well. */
  onPass?: (taken: NetworkPass) => void;
};

/** For logs and counters. `changed`: rows of the network's database; `written`: rows of ours. Seconds. */
export type NetworkPass = {
  changed: number;
  written: number;
  /** What the network will not have as it is. */
  refused: number;
  readSeconds: number;
  ensureSeconds: number;
  ports: number;
};

/** `again`: in how many seconds to look by itself. */
export type NetworkResult = { again: number | null };

/** Longer than bringing the largest cloud to an empty network takes; then it is tried again. ms */
const ensurePatienceMs = 120_000;

/** Throws what the driver threw, once those who wait for it can see why. */
export async function reconcileNetwork(deps: NetworkDeps): Promise<NetworkResult> {
  const { driver } = deps;
  if (!driver) {
    await recordFault(deps, missing);
    return { again: null };
  }
  const began = performance.now();
  const reading = await readTopology(deps.database);
  const read = performance.now();
  const { topology } = reading;
  const ensured = await ensure(deps, driver, topology);
  const { changed, observation } = ensured;
  const refused = [...reading.unreadable, ...ensured.refused];
  const ensureSeconds = (performance.now() - read) / 1_000;
  const refusedOnes = refusedRows(refused, topology, reading.ports);
  const { written, skipped } = await recordRealised(deps, reading, observation, refusedOnes);
  if (refused.length > 0) deps.onRefusal?.(refused);
  await recordRefusals(deps, reading, refusedOnes);
  const readSeconds = (read - began) / 1_000;
  const ports = topology.ports.length;
  deps.onPass?.({ changed, written, refused: refused.length, readSeconds, ensureSeconds, ports });
  return { again: skipped > 0 ? 1 : null };
}

async function ensure(deps: NetworkDeps, driver: NetworkDriver, topology: Topology) {
  try {
    const result = await driver.ensure(topology, AbortSignal.timeout(ensurePatienceMs));
    return { ...result, observation: await driver.observe() };
  } catch (error) {
    await recordFault(deps, faultOf(error));
    throw error;
  }
}

const missing: PublicError = {
  code: "Unsupported",
  reason: "networkMissing",
  message: "This cloud has no tenant networks.",
  retry: "never",
};

/** What its owner reads on an instance that waits: never more than that the network does not answer. */
function faultOf(error: unknown): PublicError {
  const { reason, message } = asCloudError(error).toPublic();
  if (reason === "networkUnreachable") return { code: "Unavailable", reason, message, retry: "later" };
  return {
    code: "Unavailable",
    reason: "networkFailed",
    message: "The network could not be set up. It is tried again and again.",
    retry: "later",
  };
}
