/**
 * Ends a project of which deletion was asked. Each transaction locks the project, plans again on what it then sees, and
 * takes one step; whoever comes after a kill goes on from the rows.
 */
import { type HintTopic, lockProject, type PgBoss, type Prisma, type Tx, transaction } from "@madang/db";
import type { ReconcileResult } from "./instance.ts";
import { askInstances, deleteImages, deleteProject, dueProgress, trackProgress } from "./project.apply.ts";
import { deleteNetworks } from "./project.networks.ts";
import { type ProjectStep, planProject } from "./project.plan.ts";
import { type LoadedProject, loadProject } from "./project.view.ts";
import { askVolumes } from "./project.volumes.ts";

export type ProjectDeps = {
  prisma: Prisma;
  boss: PgBoss;
  publish: (...topics: HintTopic[]) => void;
  now: () => Date;
  /** Told of each step after its commit. */
  onStep?: (taken: ProjectStepTaken) => void;
};

export type ProjectStepTaken = {
  step: string;
  projectId: string;
  operationId: string | null;
  requestId: string | null;
};

/** How soon is looked again while instances go, s. */
const waitSeconds = 1;

export async function reconcileProject(deps: ProjectDeps, id: string): Promise<ReconcileResult> {
  for (;;) {
    const loaded = await loadProject(deps.prisma, id, deps.now());
    if (!loaded) return { again: null };
    const step = planProject(loaded.view);
    if (step.kind === "done") return { again: null };
    if (step.kind === "wait" && !dueProgress(loaded)) return { again: waitSeconds };
    await commitStep(deps, id);
    if (step.kind === "wait") return { again: waitSeconds };
  }
}

async function commitStep(deps: ProjectDeps, id: string): Promise<void> {
  const taken = await transaction(deps.prisma, async (tx) => {
    if (!(await lockProject(tx, id))) return null;
    const loaded = await loadProject(tx, id, deps.now());
    if (!loaded) return null;
    const step = planProject(loaded.view);
    await applyStep(tx, deps.boss, loaded, step);
    return { loaded, step };
  });
  if (!taken) return;
  const { operation } = taken.loaded;
  deps.publish("event", "console", ...(operation ? [touched(id, operation.id)] : []));
  const { id: operationId = null, requestId = null } = operation ?? {};
  deps.onStep?.({ step: taken.step.kind, projectId: id, operationId, requestId });
}

const touched = (projectId: string, id: string): HintTopic => `touched:${projectId}:operation:${id}`;

/** The operation says what was done in the transaction that did it. */
async function applyStep(tx: Tx, boss: PgBoss, loaded: LoadedProject, step: ProjectStep): Promise<void> {
  switch (step.kind) {
    case "ask-instances":
      await askInstances(tx, boss, loaded);
      break;
    case "ask-volumes":
      await askVolumes(tx, boss, loaded);
      break;
    case "delete-images":
      await deleteImages(tx, loaded);
      break;
    case "delete-networks":
      await deleteNetworks(tx, boss, loaded);
      break;
    case "delete-project":
      return deleteProject(tx, loaded);
    case "wait":
    case "done":
      break;
  }
  const after = await loadProject(tx, loaded.row.id, loaded.now);
  if (after) await trackProgress(tx, after);
}
