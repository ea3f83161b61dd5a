import { type PublicError, publicError } from "@madang/core/errors";
import type { Database } from "@madang/db";
import { z } from "zod";
import { listPage, type Page, type PageInput } from "../list.ts";
import { sql } from "../sql.ts";

const steps = z.array(z.looseObject({ name: z.string(), state: z.string() }));

export type OperationItem = {
  id: string;
  kind: string;
  state: "pending" | "running" | "succeeded" | "failed" | "cancelled";
  percent: number;
  steps: { name: string; state: string }[];
  resourceKind: string;
  resourceId: string;
  resourceName: string;
  actorName: string;
  requestId: string;
  createdAt: Date;
  finishedAt: Date | null;
  error: PublicError | null;
};

type Row = Omit<OperationItem, "steps" | "error"> & { steps: unknown; error: unknown };

const select = `o.id, o.kind, o.state::text, o.percent, o.steps, o.resource_kind AS "resourceKind",
  o.resource_id AS "resourceId", o.resource_name AS "resourceName", o.actor_name AS "actorName",
  o.request_id AS "requestId", o.created_at AS "createdAt", o.finished_at AS "finishedAt", o.error`;
const sorts = { createdAt: { column: "o.created_at", type: "timestamptz" } } as const;

export const operationFilter = z
  .object({ resourceId: z.uuid().optional(), active: z.boolean().optional() })
  .optional();

export function listOperations(
  database: Database,
  projectId: string,
  input: PageInput & { filter?: z.infer<typeof operationFilter> },
): Promise<Page<OperationItem>> {
  const where = [sql`o.project_id = ${projectId}::uuid`];
  if (input.filter?.resourceId) where.push(sql`o.resource_id = ${input.filter.resourceId}::uuid`);
  if (input.filter?.active !== undefined)
    where.push(sql`(o.state IN ('pending', 'running')) = ${input.filter.active}::boolean`);
  const query = { select, from: "operation o", id: "o.id", sorts, defaultSort: "-createdAt", where, toItem };
  return listPage<Row, OperationItem>(database, query, input);
}

function toItem(row: Row): OperationItem {
  return {
    id: row.id,
    kind: row.kind,
    state: row.state,
    percent: row.percent,
    steps: steps
      .catch([])
      .parse(row.steps)
      .map(({ name, state }) => ({ name, state })),
    resourceKind: row.resourceKind,
    resourceId: row.resourceId,
    resourceName: row.resourceName,
    actorName: row.actorName,
    requestId: row.requestId,
    createdAt: row.createdAt,
    finishedAt: row.finishedAt,
    error: publicError.nullable().catch(null).parse(row.error),
  };
}
