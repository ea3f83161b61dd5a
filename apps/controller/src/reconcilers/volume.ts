/**
 * Brings one volume towards what is asked of it. Each transaction locks it, plans again on what it then sees, takes one step
 * and recomputes the status; whoever comes after a kill goes on from the rows.
 */
import {
  type HintTopic,
  lockVolume,
  type PlacementBoard,
  type Prisma,
  transaction,
  writeVolumeStatus,
} from "@madang/db";
import type { ReconcileResult } from "./instance.ts";
import { applyVolumeStep, placementOf, trackPercent } from "./volume.apply.ts";
import { planVolume, type VolumeStep } from "./volume.plan.ts";
import { type LoadedVolume, loadVolume } from "./volume.view.ts";

export type VolumeDeps = {
  prisma: Prisma;
  publish: (...topics: HintTopic[]) => void;
  onCapacity: () => void;
  now: () => Date;
  board: PlacementBoard;
  /** Told of each step after its commit. */
  onStep?: (taken: VolumeStepTaken) => void;
};

export type VolumeStepTaken = {
  step: string;
  volumeId: string;
  projectId: string;
  generation: number;
  hypervisorId: string | null;
  operationId: string | null;
  requestId: string | null;
};

/** Steps of one look, more than there ever are. */
const passLimit = 20;

export async function reconcileVolume(deps: VolumeDeps, id: string): Promise<ReconcileResult> {
  for (let pass = 0; pass < passLimit; pass++) {
    const loaded = await loadVolume(deps.prisma, id, deps.now());
    if (!loaded) return { again: null };
    const step = planVolume(loaded.facts);
    if (isRest(loaded, step)) {
      await trackPercent(deps.prisma, loaded);
      return { again: null };
    }
    const host = step.kind === "place" ? await placementOf(deps.board, loaded) : null;
    await commit(deps, loaded, host);
  }
  return { again: 1 };
}

const isRest = ({ operations }: LoadedVolume, { kind }: VolumeStep) =>
  kind === "wait" || (kind === "end-operations" && operations.length === 0);

async function commit(deps: VolumeDeps, { row }: LoadedVolume, host: string | null): Promise<void> {
  const taken = await transaction(deps.prisma, async (tx) => {
    if (!(await lockVolume(tx, row.id))) return null;
    const loaded = await loadVolume(tx, row.id, deps.now());
    if (!loaded) return null;
    const step = planVolume(loaded.facts);
    await applyVolumeStep(tx, loaded, step, host);
    await writeVolumeStatus(tx, row.id);
    return { loaded, step };
  });
  if (!taken) return;
  const { loaded, step } = taken;
  deps.publish(...topicsOf(loaded), ...(host ? [`hypervisor:${host}` as const] : []));
  if (step.kind === "delete-volume") deps.onCapacity();
  const operation = loaded.operations.at(-1);
  deps.onStep?.({
    step: step.kind,
    volumeId: row.id,
    projectId: row.projectId,
    generation: row.generation,
    hypervisorId: row.hypervisorId ?? loaded.facts.foundAt ?? host,
    operationId: operation?.id ?? null,
    requestId: operation?.requestId ?? null,
  });
}

function topicsOf({ row, operations, facts }: LoadedVolume): HintTopic[] {
  const touched = (kind: string, id: string) => `touched:${row.projectId}:${kind}:${id}` as const;
  const hypervisors = [row.hypervisorId, facts.foundAt, facts.origin?.hypervisorId].filter(
    (id) => typeof id === "string",
  );
  return [
    "event",
    touched("volume", row.id),
    ...operations.map(({ id }) => touched("operation", id)),
    ...hypervisors.map((id) => `hypervisor:${id}` as const),
  ];
}
