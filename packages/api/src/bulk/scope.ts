/** Which instances are meant: some by id, or all that the list's own filter finds but some. */
import { CloudError } from "@madang/core/errors";
import type { InstanceStatus, PowerState, TaskState } from "@madang/core/instance/status";
import { type BulkAction, bulkLimit } from "@madang/core/operation/bulk";
import { uuid } from "@madang/core/uuid";
import type { Database } from "@madang/db";
import { z } from "zod";
import { instanceClauses, instanceFilter } from "../reads/instance.ts";
import { allOf, bind, sql } from "../sql.ts";

const named = z.array(uuid).max(bulkLimit);
export const bulkScope = z.union([
  z.strictObject({ ids: named }),
  z.strictObject({ filter: instanceFilter, except: named }),
]);
export type BulkScope = z.infer<typeof bulkScope>;

export type ScopedInstance = {
  id: string;
  name: string;
  status: InstanceStatus;
  taskState: TaskState | null;
  powerState: PowerState;
  deleteProtection: boolean;
  launchedAt: Date | null;
  /** Volumes that go with it, and floating IPs that stay with the project. */
  volumes: number;
  floatingIps: number;
};

export type Asked = { projectId: string; action: BulkAction; scope: BulkScope };

/** Throws InvalidInput where the filter is wrong, or finds more than `bulkLimit`. */
export async function instancesIn(
  database: Database,
  { projectId, scope }: Asked,
): Promise<ScopedInstance[]> {
  const chosen =
    "ids" in scope
      ? [sql`i.id = ANY(${scope.ids}::uuid[])`]
      : [...instanceClauses(scope.filter, database.now()), sql`NOT (i.id = ANY(${scope.except}::uuid[]))`];
  const where = allOf([sql`i.project_id = ${projectId}::uuid`, ...chosen]);
  const { rows } = await database.pool.query<ScopedInstance>(
    bind(sql`SELECT i.id, i.name, i.status, i.task_state AS "taskState", i.power_state AS "powerState",
      i.delete_protection AS "deleteProtection", i.launched_at AS "launchedAt",
      (SELECT count(*) FROM volume_attachment a JOIN volume v ON v.id = a.volume_id
        WHERE a.instance_id = i.id AND a.delete_with_instance AND NOT v.delete_protection)::int AS volumes,
      (SELECT count(*) FROM port p JOIN floating_ip f ON f.port_id = p.id
        WHERE p.instance_id = i.id)::int AS "floatingIps"
      FROM instance i WHERE ${where} ORDER BY i.created_at, i.id LIMIT ${bulkLimit + 1}`),
  );
  if (rows.length > bulkLimit) throw tooMany();
  return rows;
}

function tooMany(): CloudError {
  return new CloudError("InvalidInput", `At most ${bulkLimit} instances at once.`, {
    reason: "bulkTooMany",
    params: { limit: bulkLimit },
  });
}
