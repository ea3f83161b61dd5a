/** Where launches wait: those of all projects go together, as many as there are, and no project holds up another. */
import { CloudError } from "@madang/core/errors";
import { transaction } from "@madang/db";
import { tooLong } from "../admission-queue.ts";
import type { AdmissionDeps } from "../deps.ts";
import { type Ending, makeGathering } from "../gather.ts";
import { admitLaunches, type Launched, type LaunchWish } from "./launch-instance.ts";
import { goesAlone } from "./launch-ports.ts";
import { isRefusal } from "./launch-write.ts";

export type LaunchLine = { run: (wish: LaunchWish) => Promise<Launched> };

/** Of one batch: so long at most the next one's launches wait for it. */
const atMost = 40;
const atOnce = 2;
/** Of one project; beyond it the answer is "try later" at once. */
const longestLine = 200;

export function openLaunchLine(deps: AdmissionDeps): LaunchLine {
  const limits = { atMost, atOnce, longestLine, refused: tooLong };
  const { run } = makeGathering<LaunchWish, Launched>(limits, (wishes) => admitTogether(deps, wishes));
  return {
    run: (wish) => (goesAlone(wish.input) ? admitAlone(deps, wish) : run(wish.input.projectId, wish)),
  };
}

/** Who can't go with the others (his project is held, or it is not sure which of its launches is at fault) goes by himself. */
async function admitTogether(
  deps: AdmissionDeps,
  wishes: readonly LaunchWish[],
): Promise<Ending<Launched>[]> {
  const outcomes = await transaction(deps.admission.prisma, (tx) =>
    admitLaunches(deps, tx, wishes, "skip"),
  ).catch((error: unknown) => (wishes.length === 1 && isRefusal(error) ? [error] : []));
  return wishes.map((wish, index) => {
    const outcome = outcomes[index] ?? null;
    return () => (outcome === null ? admitAlone(deps, wish) : launchedOf(outcome));
  });
}

function admitAlone(deps: AdmissionDeps, wish: LaunchWish): Promise<Launched> {
  return deps.admissions.run(wish.input.projectId, () =>
    transaction(deps.admission.prisma, async (tx) => {
      const [outcome = null] = await admitLaunches(deps, tx, [wish], "wait");
      return launchedOf(outcome);
    }),
  );
}

/** Throws what the launch was refused with. */
function launchedOf(outcome: Launched | CloudError | null): Launched {
  if (outcome === null) throw new TypeError("a launch without an answer");
  if (outcome instanceof CloudError) throw outcome;
  return outcome;
}
