import { type Weights, weigherNames, weightsFrom } from "@madang/core/hypervisor/weight";
import { type Database, transaction } from "@madang/db";
import type { Actor } from "../context.ts";
import type { AdmissionDeps } from "../deps.ts";
import { changesOf, recordEvent } from "./record.ts";

/** There is one set of weights, so their subject needs no id of its own. */
const subject = {
  kind: "placement",
  id: "00000000-0000-0000-0000-000000000000",
  name: "placement",
  projectId: null,
};

export async function readWeights({ prisma }: Database): Promise<Weights> {
  return weightsFrom(await prisma.placementWeight.findMany());
}

/** All of them at once; what is already so leaves no line in the trail. */
export async function setWeights(deps: AdmissionDeps, actor: Actor, weights: Weights): Promise<Weights> {
  await transaction(deps.admission.prisma, async (tx) => {
    await tx.$executeRaw`SELECT pg_advisory_xact_lock(hashtext('placement_weight'))`;
    const before = weightsFrom(await tx.placementWeight.findMany());
    const changed = weigherNames.filter((name) => before[name] !== weights[name]);
    for (const name of changed) {
      const factor = weights[name];
      await tx.placementWeight.upsert({ where: { name }, create: { name, factor }, update: { factor } });
    }
    if (changed.length === 0) return;
    const params = Object.fromEntries(changed.map((name) => [name, weights[name]]));
    const changes = changesOf(before, weights, weigherNames);
    await recordEvent(tx, { actor, subject, action: "placement.weights", params, changes });
  });
  deps.hints.publish("event", "capacity");
  return weights;
}
