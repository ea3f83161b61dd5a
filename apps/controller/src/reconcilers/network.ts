/**
 * Brings all tenant networks to the network driver: the whole topology each time, and the driver finds the difference.
 * What it has committed is then written down and told to whoever waits for it. A pass builds on no earlier one, so one
 * that was killed, or overtaken by another controller's, costs only the next.
 */
import { asCloudError, type PublicError } from "@madang/core/errors";
import type { Topology } from "@madang/core/network/topology";
import type { Database, HintTopic, PgBoss } from "@madang/db";
import type { NetworkDriver } from "@madang/drivers/network/driver";
import { recordFault, recordRealised } from "./network.apply.ts";
import { readTopology } from "./network.view.ts";

export type NetworkDeps = {
  database: Database;
  boss: PgBoss;
  /** null: this cloud has none. */
  driver: NetworkDriver | null;
  publish: (...topics: HintTopic[]) => void;
  /** Told of each pass that ended well. */
  onPass?: (taken: NetworkPass) => void;
};

/** For logs and counters. `changed`: rows of the network's database; `written`: rows of ours. Seconds. */
export type NetworkPass = {
  changed: number;
  written: number;
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
  const { changed, observation } = await ensured(deps, driver, reading.topology);
  const ensureSeconds = (performance.now() - read) / 1_000;
  const { written, skipped } = await recordRealised(deps, reading, observation);
  const ports = reading.topology.ports.length;
  deps.onPass?.({ changed, written, readSeconds: (read - began) / 1_000, ensureSeconds, ports });
  return { again: skipped > 0 ? 1 : null };
}

async function ensured(deps: NetworkDeps, driver: NetworkDriver, topology: Topology) {
  try {
    const { changed } = await driver.ensure(topology, AbortSignal.timeout(ensurePatienceMs));
    return { changed, observation: await driver.observe() };
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
