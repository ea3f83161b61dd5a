/** The whole trail for whoever oversees the cloud: who did what, to what, from where, and what it changed. */
import { auditFields } from "@madang/core/filter/log-fields";
import type { Database } from "@madang/db";
import { z } from "zod";
import type { Changes } from "../admission/record.ts";
import { among, at, filterClauses, type ListFilter } from "../filter/clauses.ts";
import { filterText, type ListQuery, listPage, listText, type Page, type PageInput } from "../list.ts";
import { containing, type Sql, sql } from "../sql.ts";
import { type EventItem, eventParams } from "./event.ts";
import { eventChanges, moment } from "./event-field.ts";

export type AuditItem = EventItem & {
  actorId: string | null;
  /** null: there is no such project any more, or it was of none. */
  projectName: string | null;
  address: string | null;
  operationId: string | null;
  changes: Changes;
};

/** All of them single words, so that an address can carry them. */
export const auditFilter = z.object({
  /** Part of the actor's or the resource's name. */
  text: listText.optional(),
  actorId: z.uuid().optional(),
  action: filterText.optional(),
  resourceKind: filterText.optional(),
  resourceId: z.uuid().optional(),
  projectId: z.uuid().optional(),
  address: filterText.optional(),
  result: filterText.optional(),
  requestId: filterText.optional(),
  /** From then on. */
  from: moment.optional(),
  /** Before then. */
  to: moment.optional(),
});
export type AuditFilter = z.infer<typeof auditFilter>;

type Row = Omit<AuditItem, "params" | "changes"> & { params: unknown; changes: unknown };

const select = `event.id::text, event.created_at AS "createdAt", event.project_id AS "projectId", p.name AS "projectName",
  event.actor_kind AS "actorKind", event.actor_id AS "actorId", event.actor_name AS "actorName",
  event.resource_kind AS "resourceKind", event.resource_id AS "resourceId", event.resource_name AS "resourceName",
  event.action, event.result, event.request_id AS "requestId",
  event.operation_id AS "operationId", event.address, event.params, event.changes`;
const sorts = { createdAt: { column: "event.created_at", type: "timestamptz" } } as const;

export function auditQuery(filter: AuditFilter): ListQuery<Row, AuditItem> {
  return {
    select,
    from: "event",
    joins: "LEFT JOIN project p ON p.id = event.project_id",
    id: "event.id",
    sorts,
    defaultSort: "-createdAt",
    where: clauses(filter),
    toItem,
  };
}

export function listAudit(
  database: Database,
  input: PageInput & { filter?: AuditFilter | undefined },
): Promise<Page<AuditItem>> {
  return listPage(database, auditQuery(input.filter ?? {}), input);
}

function clauses(filter: AuditFilter): Sql[] {
  const { text, actorId, action, resourceKind, resourceId, projectId, address, result, requestId } = filter;
  return [
    ...(actorId ? [sql`event.actor_id = ${actorId}::uuid`] : []),
    ...(action ? [sql`event.action = ${action}`] : []),
    ...(resourceKind ? [sql`event.resource_kind = ${resourceKind}`] : []),
    ...(resourceId ? [sql`event.resource_id = ${resourceId}::uuid`] : []),
    ...(projectId ? [sql`event.project_id = ${projectId}::uuid`] : []),
    ...(address ? [sql`event.address = ${address}`] : []),
    ...(result ? [sql`event.result = ${result}`] : []),
    ...(requestId ? [sql`event.request_id = ${requestId}`] : []),
    ...(filter.from ? [sql`event.created_at >= ${filter.from}::timestamptz`] : []),
    ...(filter.to ? [sql`event.created_at < ${filter.to}::timestamptz`] : []),
    ...filterClauses(text, auditList),
  ];
}

/** The shortest text that can be anywhere in a name: the index knows three characters that follow each other. */
const anywhereFrom = 3;

/** What is shorter is looked for where a word begins. */
function named(text: string): Sql {
  const anywhere = containing(text);
  if (text.length >= anywhereFrom)
    return sql`event.actor_name ILIKE ${anywhere} OR event.resource_name ILIKE ${anywhere}`;
  const patterns = [anywhere.slice(1), `% ${anywhere.slice(1)}`];
  return sql`event.actor_name ILIKE ANY(${patterns}::text[]) OR event.resource_name ILIKE ANY(${patterns}::text[])`;
}

function toItem(row: Row): AuditItem {
  return {
    ...row,
    params: eventParams.catch({}).parse(row.params),
    changes: eventChanges.catch({}).parse(row.changes),
  };
}

const auditList: ListFilter<typeof auditFields> = {
  fields: auditFields,
  places: {
    user: at("event.actor_name"),
    action: at("event.action"),
    kind: at("event.resource_kind"),
    resource: at("event.resource_name"),
    id: at("event.resource_id"),
    project: among("project o WHERE o.id = event.project_id", "o.name"),
    result: at("event.result"),
    request: at("event.request_id"),
    from: at("event.address"),
    created: at("event.created_at"),
  },
  free: named,
};
