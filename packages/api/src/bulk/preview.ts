import { isGranted } from "@madang/core/identity/permission";
import { bulkRules } from "@madang/core/operation/bulk";
import type { Database } from "@madang/db";
import type { Doer } from "../context.ts";
import { markOf, planBulk } from "./plan.ts";
import { type Asked, instancesIn, type ScopedInstance } from "./scope.ts";

type Named = { id: string; name: string };
export type BulkPreview = {
  /** `mark`: of exactly these; a run that names it touches no others. */
  will: { count: number; some: Named[]; mark: string };
  /** `reason`: a key of the catalogues. */
  wont: { reason: string; count: number; some: Named[] }[];
  /** Of those that will change: what goes with them, and what stays. Only where something is deleted. */
  volumes: number;
  floatingIps: number;
};

/** As many names as a dialog shows of each group. */
const shown = 20;

/** Where the actor may not do it at all, everything won't. Throws InvalidInput. */
export async function previewBulk(database: Database, actor: Doer, asked: Asked): Promise<BulkPreview> {
  const instances = await instancesIn(database, asked);
  const plan = isGranted(actor.grants, bulkRules[asked.action].permission, asked.projectId)
    ? planBulk(asked.action, instances)
    : { will: [], wont: instances.length > 0 ? [{ reason: "notPermitted", instances }] : [] };
  const deletes = bulkRules[asked.action].action === "delete";
  const sum = (of: (instance: ScopedInstance) => number) =>
    deletes ? plan.will.reduce((total, instance) => total + of(instance), 0) : 0;
  return {
    will: { ...group(plan.will), mark: markOf(plan.will.map(({ id }) => id)) },
    wont: plan.wont.map(({ reason, instances }) => ({ reason, ...group(instances) })),
    volumes: sum(({ volumes }) => volumes),
    floatingIps: sum(({ floatingIps }) => floatingIps),
  };
}

function group(instances: readonly ScopedInstance[]) {
  const some = instances.slice(0, shown).map(({ id, name }) => ({ id, name }));
  return { count: instances.length, some };
}
