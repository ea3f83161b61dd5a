/** For whom a bulk action goes on: what he may do is read anew at each part. */
import { type BulkAction, bulkRules } from "@madang/core/operation/bulk";
import type { Database } from "@madang/db";
import { z } from "zod";
import type { Actor } from "../context.ts";

const params = z.object({ credential: z.string().optional(), credentialId: z.uuid().optional() });

export type Whole = {
  id: string;
  kind: string;
  projectId: string;
  resourceName: string;
  actorId: string;
  actorName: string;
  requestId: string;
};

/** As the trail names him: by address, and by credential where it was a program's. */
export async function actorOf({ pool }: Database, whole: Whole, action: BulkAction): Promise<Actor> {
  const { rows } = await pool.query<{ address: string | null; params: unknown }>(
    `SELECT address, params FROM event WHERE operation_id = $1 AND action = $2 LIMIT 1`,
    [whole.id, whole.kind],
  );
  const { credential, credentialId } = params.catch({}).parse(rows[0]?.params ?? {});
  return {
    userId: whole.actorId,
    name: whole.actorName,
    grants: { system: [], projects: {} },
    requestId: whole.requestId,
    address: rows[0]?.address ?? "",
    sessionId: null,
    credential: credentialId && credential ? { id: credentialId, name: credential } : null,
    judged: { permission: bulkRules[action].permission, projectId: whole.projectId },
  };
}
