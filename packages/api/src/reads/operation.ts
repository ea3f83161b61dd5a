import { type PublicError, publicError } from "@madang/core/errors";
import type { Database } from "@madang/db";
import { z } from "zod";
import { filterText, listPage, type Page, type PageInput } from "../list.ts";
import { containing, literal, sql } from "../sql.ts";

const steps = z.array(
  z.looseObject({
    name: z.string(),
    state: z.string(),
    waitingFor: z.array(z.string()).default([]),
    percent: z.number().nullable().default(null),
  }),
);

export type OperationItem = {
  id: string;
  kind: string;
  state: "pending" | "running" | "succeeded" | "failed" | "cancelled";
  percent: number;
  /** `waitingFor`: names of what it can't go on without. `percent`: of the step that runs, where that is known. */
  steps: { name: string; state: string; waitingFor: string[]; percent: number | null }[];
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

/** Longer than any launch, stop or deletion takes that nobody has to look at, ms. */
export const stuckAfterMs = 600_000;

export type AnyOperationItem = OperationItem & {
  projectId: string | null;
  projectName: string | null;
  actorId: string | null;
  /** It has not ended for `stuckAfterMs`. */
  stuck: boolean;
};

export const anyOperationFilter = z
  .object({
    show: z.enum(["open", "stuck", "failed", "ended"]).optional(),
    /** Part of the actor's or the resource's name. */
    text: filterText.optional(),
    projectId: z.uuid().optional(),
    kind: filterText.optional(),
  })
  .optional();

const isOpen = `o.state IN ('pending', 'running')`;
const isStuck = `${isOpen} AND o.created_at < now() - interval '${stuckAfterMs} milliseconds'`;
const shown = {
  open: isOpen,
  stuck: isStuck,
  failed: `o.state = 'failed'`,
  ended: `o.state NOT IN ('pending', 'running')`,
} as const;

type AnyRow = Row & Omit<AnyOperationItem, keyof OperationItem>;

export function listAnyOperations(
  database: Database,
  input: PageInput & { filter?: z.infer<typeof anyOperationFilter> },
): Promise<Page<AnyOperationItem>> {
  const { show, text, projectId, kind } = input.filter ?? {};
  const pattern = containing(text?.trim() ?? "");
  const where = [
    ...(show ? [literal(shown[show])] : []),
    ...(projectId ? [sql`o.project_id = ${projectId}::uuid`] : []),
    ...(kind ? [sql`o.kind = ${kind}`] : []),
    ...(text?.trim() ? [sql`o.actor_name ILIKE ${pattern} OR o.resource_name ILIKE ${pattern}`] : []),
  ];
  const query = {
    select: `${select}, o.project_id AS "projectId", p.name AS "projectName", o.actor_id AS "actorId", ${isStuck} AS stuck`,
    from: "operation o",
    joins: "LEFT JOIN project p ON p.id = o.project_id",
    id: "o.id",
    sorts,
    defaultSort: "-createdAt",
    where,
    toItem: ({ projectId, projectName, actorId, stuck, ...row }: AnyRow) => ({
      ...toItem(row),
      projectId,
      projectName,
      actorId,
      stuck,
    }),
  };
  return listPage<AnyRow, AnyOperationItem>(database, query, input);
}

export async function countStuckOperations({ pool }: Database): Promise<number> {
  const { rows } = await pool.query<{ count: number }>(
    `SELECT count(*)::int AS count FROM operation o WHERE ${isStuck}`,
  );
  return rows[0]?.count ?? 0;
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
      .map(({ name, state, waitingFor, percent }) => ({ name, state, waitingFor, percent })),
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
