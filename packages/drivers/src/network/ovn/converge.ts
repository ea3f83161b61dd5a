/**
 * Makes the northbound database so, in one transaction as a rule. What the database refuses is found by halves, left as it
 * was and told of; nobody else waits for it.
 */
import { asCloudError, CloudError } from "@madang/core/errors";
import { inTurns } from "@madang/core/turns";
import type { EnsureResult } from "../driver.ts";
import type { OvsdbClient } from "../ovsdb/client.ts";
import { OvsdbError } from "../ovsdb/error.ts";
import { type DesiredRow, type Unit, unitKey } from "./desired-row.ts";
import { type Difference, difference } from "./difference.ts";
import { globalOperations } from "./global.ts";
import { heldRows } from "./held-rows.ts";
import { isRefusal, type Quarantine } from "./quarantine.ts";
import { reach, unreachable } from "./reach.ts";

export type Convergence = {
  nb: OvsdbClient;
  cloudId: string;
  /** The central part is ours alone, and so are its options. */
  ownCentral: boolean;
  quarantine: Quarantine;
};

/** How often somebody may write between our reading and our writing. */
const attempts = 5;

export async function converge(
  deps: Convergence,
  desired: readonly DesiredRow[],
  signal: AbortSignal,
): Promise<EnsureResult> {
  const { nb, quarantine } = deps;
  quarantine.review(desired);
  let changed = 0;
  let wasRefused = false;
  for (let attempt = 1; attempt <= attempts; attempt += 1) {
    await reach(nb, signal);
    try {
      await nb.catchUp(signal);
      const plan = await planOf(deps, desired, () => false);
      if (plan.operations.length === 0) {
        const homeless = plan.homeless.map((unit) => ({
          ...unit,
          detail: "what it is a part of is refused",
        }));
        return { changed, refused: [...quarantine.cases(), ...homeless] };
      }
      // The first refusal may be of something that somebody changed just now.
      if (wasRefused) changed += await takeApart(deps, desired, plan.units, signal);
      else {
        await nb.transact(plan.operations, signal);
        changed += plan.changed;
      }
    } catch (error) {
      signal.throwIfAborted();
      wasRefused = isRefusal(error);
      if (attempt === attempts) throw refused(error);
    }
  }
  throw new CloudError("Unavailable", "The network is being changed by somebody else.", {
    reason: "networkUnreachable",
    retry: "later",
    detail: `still different after ${attempts} transactions`,
  });
}

async function planOf(
  { nb, cloudId, ownCentral, quarantine }: Convergence,
  desired: readonly DesiredRow[],
  waits: (unit: Unit) => boolean,
): Promise<Difference> {
  const held = await inTurns(heldRows((table) => nb.rows(table), desired, cloudId));
  const isLeft = (unit: Unit) => waits(unit) || quarantine.has(unit);
  const rows = await inTurns(difference(desired, held, { cloudId, isLeft }));
  const global = ownCentral ? globalOperations(nb.rows("NB_Global")) : [];
  return {
    ...rows,
    operations: [...rows.operations, ...global],
    changed: rows.changed + global.length,
  };
}

/**
 * Halves of `units`, down to those that are refused alone. What all have in common comes first and with each half, for no
 * port may be there unguarded: if that is refused, nothing is written.
 */
async function takeApart(
  deps: Convergence,
  desired: readonly DesiredRow[],
  units: readonly Unit[],
  signal: AbortSignal,
): Promise<number> {
  const own = units.filter(({ kind }) => kind !== "shared");
  const waiting = new Set(own.map(unitKey));
  const write = async () => {
    const plan = await planOf(deps, desired, (unit) => waiting.has(unitKey(unit)));
    if (plan.operations.length > 0) await deps.nb.transact(plan.operations, signal);
    return plan.changed;
  };
  const take = async (some: readonly Unit[]): Promise<number> => {
    for (const unit of some) waiting.delete(unitKey(unit));
    try {
      return await write();
    } catch (error) {
      signal.throwIfAborted();
      if (!isRefusal(error)) throw error;
      const [only] = some;
      if (some.length === 1 && only) {
        deps.quarantine.add(only, error);
        return 0;
      }
      for (const unit of some) waiting.add(unitKey(unit));
      const half = Math.ceil(some.length / 2);
      return (await take(some.slice(0, half))) + (await take(some.slice(half)));
    }
  };
  return (await write()) + (own.length > 0 ? await take(own) : 0);
}

function refused(error: unknown): CloudError {
  if (!(error instanceof OvsdbError)) return asCloudError(error);
  if (error.code === "disconnected" || error.code === "not leader") return unreachable(error);
  return new CloudError("Internal", "The network's control plane refused a change.", {
    reason: "networkFailed",
    retry: "later",
    detail: `OVN northbound, operation ${error.operation}: ${error.message}`,
    cause: error,
  });
}
