/**
 * Brings one instance towards what is asked of it, step by step. Each transaction locks the instance, plans again on what
 * it then sees, takes all steps that need nobody else, changes guests only at the generation it saw, and recomputes the status. So two
 * controllers, or a report that arrives meanwhile, cost a pass and never a wrong step. Hints go out after the commit.
 */
import {
  type HintTopic,
  lockInstance,
  lockVolumesOf,
  openPlacementBoard,
  type PlacementBoard,
  type Prisma,
  type Tx,
  transaction,
  writeStatus,
} from "@madang/db";
import { adopt } from "../placement/adopt.ts";
import { type Placement, place } from "../placement/claim.ts";
import { waitForHost } from "./instance.apply.ts";
import { nextDiskStep } from "./instance.disks.ts";
import { failInstance } from "./instance.failure.ts";
import { StaleView } from "./instance.guest.ts";
import { planInstance } from "./instance.plan.ts";
import { movesPorts } from "./instance.ports.ts";
import { canChange, isNoChange, type Steps, takeSteps } from "./instance.steps.ts";
import { forceLeftMs, type LoadedInstance, loadInstance } from "./instance.view.ts";
import { isTracked, orderedBy, trackOperations } from "./operation.ts";

export type ReconcileDeps = {
  prisma: Prisma;
  publish: (...topics: HintTopic[]) => void;
  /** Room appeared: whoever waits for a hypervisor should look again. */
  onCapacity: () => void;
  now: () => Date;
  /** In the transaction that moves an instance's ports. */
  wakeNetwork: (tx: Tx) => Promise<void>;
  /** In the transaction that did something to volumes: theirs is to look. */
  wakeVolumes: (tx: Tx, ids: readonly string[]) => Promise<void>;
  /** What this process last saw of all hypervisors. Without one, every pass looks for itself. */
  board?: PlacementBoard;
  /** Told of each step after its commit. */
  onStep?: (taken: StepTaken) => void;
};

/** For logs and counters. */
export type StepTaken = {
  step: string;
  instanceId: string;
  projectId: string;
  generation: number;
  hypervisorId: string | null;
  operationId: string | null;
  requestId: string | null;
};

/** `again`: in how many seconds to look by itself, or null when only a change can bring work. */
export type ReconcileResult = { again: number | null };

/** A pass that is overtaken this often leaves the rest to the next wake. */
const passLimit = 30;

export async function reconcileInstance(deps: ReconcileDeps, id: string): Promise<ReconcileResult> {
  for (let pass = 0; pass < passLimit; pass++) {
    const loaded = await loadInstance(deps.prisma, id, deps.now());
    if (!loaded) return { again: null };
    const result = await takeStep(deps, loaded);
    if (result) return result;
  }
  return { again: 1 };
}

/** null: plan again. */
async function takeStep(deps: ReconcileDeps, loaded: LoadedInstance): Promise<ReconcileResult | null> {
  if (nextDiskStep(loaded)) return changeInstance(deps, loaded);
  const step = planInstance(loaded.view);
  if (step.kind === "place") return placeInstance(deps, loaded);
  if (step.kind === "adopt") return adoptGuest(deps, loaded);
  if (!isNoChange(step)) return changeInstance(deps, loaded);
  const again = againIn(loaded.row, deps.now());
  if (isTracked(loaded, deps.now())) return { again };
  const tracked = await commit(deps, loaded, (tx, current) => trackOperations(tx, current, deps.now()));
  return tracked ? { again } : null;
}

async function changeInstance(deps: ReconcileDeps, loaded: LoadedInstance): Promise<ReconcileResult | null> {
  const steps: Steps = { taken: [], next: null };
  const written = await commit(deps, loaded, async (tx, current) => {
    if (!canChange(current)) throw new StaleView();
    Object.assign(steps, await takeSteps(tx, current));
    if (movesPorts(current, steps.taken)) await deps.wakeNetwork(tx);
    await deps.wakeVolumes(tx, volumesOf(current));
  });
  if (!written) return null;
  for (const step of steps.taken) tell(deps, loaded, step);
  if (steps.taken.includes("drop-guest")) deps.onCapacity();
  return restOf(deps, loaded, steps);
}

/** When there is nothing left but to wait, the pass is over. */
function restOf(deps: ReconcileDeps, { row }: LoadedInstance, { next }: Steps): ReconcileResult | null {
  if (next?.kind !== "wait" && next?.kind !== "done") return null;
  return { again: againIn(row, deps.now()) };
}

function againIn(row: LoadedInstance["row"], now: Date): number | null {
  const left = forceLeftMs(row, now);
  return left === null ? null : Math.max(1, Math.ceil(left / 1_000));
}

function tell(deps: ReconcileDeps, loaded: LoadedInstance, step: string, hypervisorId?: string): void {
  const { row, operations } = loaded;
  const operationId = orderedBy(loaded);
  deps.onStep?.({
    step,
    instanceId: row.id,
    projectId: row.projectId,
    generation: row.generation,
    hypervisorId: hypervisorId ?? row.guests.find(({ id }) => id === row.activeGuestId)?.hypervisorId ?? null,
    operationId,
    requestId: operations.find(({ id }) => id === operationId)?.requestId ?? null,
  });
}

type Work = (tx: Parameters<typeof takeSteps>[0], loaded: LoadedInstance) => Promise<unknown>;

/** false when the instance or its guests moved on meanwhile and nothing was written. */
async function commit(deps: ReconcileDeps, planned: LoadedInstance, work: Work): Promise<boolean> {
  const { id, generation } = planned.row;
  try {
    await transaction(deps.prisma, async (tx) => {
      if (!(await lockInstance(tx, id))) throw new StaleView();
      if (planned.row.volumes.length > 0) await lockVolumesOf(tx, id);
      const loaded = await loadInstance(tx, id, deps.now());
      if (loaded?.row.generation !== generation) throw new StaleView();
      await work(tx, loaded);
      await writeStatus(tx, id);
    });
  } catch (error) {
    if (error instanceof StaleView) return false;
    throw error;
  }
  deps.publish(...topicsOf(planned));
  return true;
}

/** Who should look: the hypervisors of its guests, and whoever watches it, its operations or the trail. */
function topicsOf({ row, operations }: LoadedInstance): HintTopic[] {
  const touched = (kind: string, id: string) => `touched:${row.projectId}:${kind}:${id}` as const;
  return [
    "event",
    touched("instance", row.id),
    ...operations.map(({ id }) => touched("operation", id)),
    ...row.guests.map(({ hypervisorId }) => `hypervisor:${hypervisorId}` as const),
    ...volumesOf({ row }).map((id) => touched("volume", id)),
    ...(row.deleteRequestedAt ? (["console"] as const) : []),
  ];
}

const volumesOf = ({ row }: Pick<LoadedInstance, "row">): string[] =>
  row.volumes.map(({ volumeId }) => volumeId);

async function placeInstance(deps: ReconcileDeps, loaded: LoadedInstance): Promise<ReconcileResult | null> {
  const now = deps.now();
  const { prisma, wakeNetwork, board = openPlacementBoard(deps) } = deps;
  const placement = await place({ prisma, wakeNetwork, board }, loaded, now);
  if (placement.kind === "placed") {
    deps.publish(...topicsOf(loaded), `hypervisor:${placement.hypervisorId}`);
    for (const step of ["place", ...placement.steps.taken]) tell(deps, loaded, step, placement.hypervisorId);
    return restOf(deps, loaded, placement.steps);
  }
  return placement.kind === "no-host" ? hostless(deps, loaded, placement, now) : null;
}

async function adoptGuest(deps: ReconcileDeps, loaded: LoadedInstance): Promise<ReconcileResult | null> {
  const now = deps.now();
  const adoption = await adopt(deps, loaded, now);
  if (adoption.kind === "placed") {
    deps.publish(...topicsOf(loaded), `hypervisor:${adoption.hypervisorId}`);
    tell(deps, loaded, "adopt", adoption.hypervisorId);
  }
  return adoption.kind === "no-host" ? hostless(deps, loaded, adoption, now) : null;
}

/**
 * No hypervisor: an instance that never ran is given up at its deadline, one that did waits for as long as it takes.
 * `placement/waiting.ts` finds those there is room for, and those whose deadline is over.
 */
async function hostless(
  deps: ReconcileDeps,
  loaded: LoadedInstance,
  { diagnosis }: Extract<Placement, { kind: "no-host" }>,
  now: Date,
): Promise<ReconcileResult | null> {
  const left = loaded.row.launchedAt
    ? Number.POSITIVE_INFINITY
    : loaded.row.scheduleDeadline.getTime() - now.getTime();
  const written = await commit(deps, loaded, async (tx, current) => {
    if (!["place", "adopt"].includes(planInstance(current.view).kind)) throw new StaleView();
    if (left <= 0) await failInstance(tx, current, { ...diagnosis, retry: "never" });
    else await waitForHost(tx, current, diagnosis, now);
  });
  if (written) tell(deps, loaded, left > 0 ? "wait-for-host" : "fail");
  return written && left > 0 ? { again: null } : null;
}
