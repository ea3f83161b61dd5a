import { CloudError, type PublicError, publicError } from "@madang/core/errors";
import { anyOperationFields } from "@madang/core/filter/log-fields";
import { notBegun } from "@madang/core/operation/bulk";
import type { Database } from "@madang/db";
import { z } from "zod";
import { among, at, filterClauses, type ListFilter } from "../filter/clauses.ts";
import { filterText, type ListQuery, listPage, listText, type Page, type PageInput } from "../list.ts";
import { containing, literal, type Sql, sql } from "../sql.ts";

const steps = z.array(
  z.looseObject({
    name: z.string(),
    state: z.string(),
    waitingFor: z.array(z.string()).default([]),
    percent: z.number().nullable().default(null),
  }),
);

export const operationStates = ["pending", "running", "succeeded", "failed", "cancelled"] as const;

/** How many parts of a piece of work ended, and how. */
export type ChildCount = { total: number; succeeded: number; failed: number; cancelled: number };

export type OperationItem = {
  id: string;
  kind: string;
  state: (typeof operationStates)[number];
  /** Of which this is a part. */
  parentId: string | null;
  /** null: it is not made of parts. */
  children: ChildCount | null;
  cancelRequested: boolean;
  actorId: string | null;
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

const select = `o.id, o.kind, o.state::text, o.parent_id AS "parentId", parts.counts AS children,
  o.cancel_requested AS "cancelRequested", o.actor_id AS "actorId", o.percent, o.steps, o.resource_kind AS "resourceKind",
  o.resource_id AS "resourceId", o.resource_name AS "resourceName", o.actor_name AS "actorName",
  o.request_id AS "requestId", o.created_at AS "createdAt", o.finished_at AS "finishedAt", o.error`;
const sorts = { createdAt: { column: "o.created_at", type: "timestamptz" } } as const;

/** Counted for the rows of a page alone: `listPage` joins after it has found them. */
const joins = `LEFT JOIN LATERAL (SELECT json_build_object('total', count(*),
    'succeeded', count(*) FILTER (WHERE c.state = 'succeeded'), 'failed', count(*) FILTER (WHERE c.state = 'failed'),
    'cancelled', count(*) FILTER (WHERE c.state = 'cancelled')) AS counts
  FROM operation c WHERE c.parent_id = o.id HAVING count(*) > 0) AS parts ON TRUE`;

/** What a project's list and the cloud's are both asked for. */
const shared = {
  resourceId: z.uuid().optional(),
  resourceKind: filterText.optional(),
  kind: filterText.optional(),
  actorId: z.uuid().optional(),
  parentId: z.uuid().optional(),
  /** No part of another one. */
  top: z.boolean().optional(),
  active: z.boolean().optional(),
  state: z.array(z.enum(operationStates)).max(operationStates.length).optional(),
  /** Ended since then. */
  endedSince: z.iso.datetime().optional(),
} as const;

export const operationFilter = z.object(shared).optional();
type SharedFilter = NonNullable<z.infer<typeof operationFilter>>;

function sharedClauses(filter: SharedFilter): Sql[] {
  const { resourceId, resourceKind, kind, actorId, parentId, top, active, state, endedSince } = filter;
  return [
    ...(resourceId ? [sql`o.resource_id = ${resourceId}::uuid`] : []),
    ...(resourceKind ? [sql`o.resource_kind = ${resourceKind}`] : []),
    ...(kind ? [sql`o.kind = ${kind}`] : []),
    ...(actorId ? [sql`o.actor_id = ${actorId}::uuid`] : []),
    ...(parentId ? [sql`o.parent_id = ${parentId}::uuid`] : []),
    ...(top ? [literal("o.parent_id IS NULL")] : []),
    ...(active === undefined ? [] : [literal(active ? isOpen : shown.ended)]),
    ...(state?.length ? [sql`o.state = ANY(${state}::operation_state[])`] : []),
    ...(endedSince ? [sql`o.finished_at > ${endedSince}::timestamptz`] : []),
  ];
}

function projectQuery(projectId: string, where: readonly Sql[]): ListQuery<Row, OperationItem> {
  const ofProject = sql`o.project_id = ${projectId}::uuid`;
  const from = "operation o";
  return {
    select,
    from,
    joins,
    id: "o.id",
    sorts,
    defaultSort: "-createdAt",
    where: [ofProject, ...where],
    toItem,
  };
}

export function listOperations(
  database: Database,
  projectId: string,
  input: PageInput & { filter?: z.infer<typeof operationFilter> },
): Promise<Page<OperationItem>> {
  return listPage(database, projectQuery(projectId, sharedClauses(input.filter ?? {})), input);
}

/** Throws NotFound. */
export async function readOperation(
  database: Database,
  projectId: string,
  id: string,
): Promise<OperationItem> {
  const query = projectQuery(projectId, [sql`o.id = ${id}::uuid`]);
  return onlyOne(await listPage(database, query, { limit: 1 }));
}

function onlyOne<Item>({ items: [item] }: Page<Item>): Item {
  if (item === undefined)
    throw new CloudError("NotFound", "There is no such operation.", { reason: "operationNotFound" });
  return item;
}

/** Longer than any launch, stop or deletion takes that nobody has to look at, ms. */
export const stuckAfterMs = 600_000;

export type AnyOperationItem = OperationItem & {
  projectId: string | null;
  projectName: string | null;
  /** It has not ended for `stuckAfterMs`. */
  stuck: boolean;
};

export const anyOperationFilter = z
  .object({
    ...shared,
    show: z.enum(["open", "stuck", "failed", "ended"]).optional(),
    /** Part of the actor's or the resource's name. */
    text: listText.optional(),
    projectId: z.uuid().optional(),
  })
  .optional();

const isOpen = `o.state IN ('pending', 'running')`;
// The parts of a bulk action wait for their turn, and it for them.
const isStuck = `${isOpen} AND o.target_generation < ${notBegun} AND o.kind NOT LIKE 'instance.bulk.%' AND o.created_at < now() - interval '${stuckAfterMs} milliseconds'`;
const shown = {
  open: isOpen,
  stuck: isStuck,
  failed: `o.state = 'failed'`,
  ended: `o.state NOT IN ('pending', 'running')`,
} as const;

type AnyRow = Row & Omit<AnyOperationItem, keyof OperationItem>;

function anyQuery(where: readonly Sql[]): ListQuery<AnyRow, AnyOperationItem> {
  return {
    select: `${select}, o.project_id AS "projectId", p.name AS "projectName", ${isStuck} AS stuck`,
    from: "operation o",
    joins: `LEFT JOIN project p ON p.id = o.project_id ${joins}`,
    id: "o.id",
    sorts,
    defaultSort: "-createdAt",
    where,
    toItem: ({ projectId, projectName, stuck, ...row }) => ({
      ...toItem(row),
      projectId,
      projectName,
      stuck,
    }),
  };
}

export function listAnyOperations(
  database: Database,
  input: PageInput & { filter?: z.infer<typeof anyOperationFilter> },
): Promise<Page<AnyOperationItem>> {
  const { show, text, projectId, ...rest } = input.filter ?? {};
  const where = [
    ...sharedClauses(rest),
    ...(show ? [literal(shown[show])] : []),
    ...(projectId ? [sql`o.project_id = ${projectId}::uuid`] : []),
    ...filterClauses(text, anyOperationList),
  ];
  return listPage(database, anyQuery(where), input);
}

/** Of any project. Throws NotFound. */
export async function readAnyOperation(database: Database, id: string): Promise<AnyOperationItem> {
  return onlyOne(await listPage(database, anyQuery([sql`o.id = ${id}::uuid`]), { limit: 1 }));
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
    parentId: row.parentId,
    children: row.children,
    cancelRequested: row.cancelRequested,
    actorId: row.actorId,
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

const anyOperationList: ListFilter<typeof anyOperationFields> = {
  fields: anyOperationFields,
  places: {
    kind: at("o.kind"),
    state: at("o.state"),
    user: at("o.actor_name"),
    resource: at("o.resource_name"),
    id: at("o.id"),
    project: among("project q WHERE q.id = o.project_id", "q.name"),
    request: at("o.request_id"),
    created: at("o.created_at"),
    ended: at("o.finished_at"),
  },
  free: (text) => sql`o.actor_name ILIKE ${containing(text)} OR o.resource_name ILIKE ${containing(text)}`,
};
