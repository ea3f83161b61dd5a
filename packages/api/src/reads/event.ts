import type { Database, StoredEvent } from "@madang/db";
import { z } from "zod";
import type { Changes } from "../admission/record.ts";
import { filterText, type ListQuery, listPage, type Page, type PageInput } from "../list.ts";
import { containing, type Sql, sql } from "../sql.ts";
import { eventChanges, moment } from "./event-field.ts";

export type EventItem = {
  id: string;
  createdAt: Date;
  projectId: string | null;
  actorKind: string;
  actorName: string;
  resourceKind: string;
  resourceId: string;
  resourceName: string;
  action: string;
  result: string;
  requestId: string | null;
  params: Record<string, string | number | boolean | null>;
};

export type ResourceRef = { kind: string; id: string };

export const eventParams = z.record(z.string(), z.union([z.string(), z.number(), z.boolean(), z.null()]));

/** A line as a timeline shows it. `changes`: none of what is a person's own, as his credentials and roles. */
export type ListedEvent = EventItem & {
  actorId: string | null;
  operationId: string | null;
  changes: Changes;
};

const select = `event.id::text, created_at AS "createdAt", project_id AS "projectId", actor_kind AS "actorKind",
  actor_id AS "actorId", actor_name AS "actorName", resource_kind AS "resourceKind", resource_id AS "resourceId",
  resource_name AS "resourceName", action, result, request_id AS "requestId", operation_id AS "operationId", params,
  changes`;
const sorts = { createdAt: { column: "created_at", type: "timestamptz" } } as const;

export const eventFilter = z
  .object({
    resourceId: z.uuid().optional(),
    resourceKind: filterText.optional(),
    /** Part of the actor's name. */
    actor: filterText.optional(),
    actorId: z.uuid().optional(),
    result: filterText.optional(),
    requestId: filterText.optional(),
    operationId: z.uuid().optional(),
    /** From then on. */
    from: moment.optional(),
    /** Before then. */
    to: moment.optional(),
  })
  .optional();
type EventFilter = NonNullable<z.infer<typeof eventFilter>>;

function clauses(filter: EventFilter): Sql[] {
  const { resourceId, resourceKind, actor, actorId, result, requestId, operationId, from, to } = filter;
  return [
    ...(resourceId ? [sql`resource_id = ${resourceId}::uuid`] : []),
    ...(resourceKind ? [sql`resource_kind = ${resourceKind}`] : []),
    ...(actor?.trim() ? [sql`actor_name ILIKE ${containing(actor.trim())}`] : []),
    ...(actorId ? [sql`actor_id = ${actorId}::uuid`] : []),
    ...(result ? [sql`result = ${result}`] : []),
    ...(requestId ? [sql`request_id = ${requestId}`] : []),
    ...(operationId ? [sql`operation_id = ${operationId}::uuid`] : []),
    ...(from ? [sql`created_at >= ${from}::timestamptz`] : []),
    ...(to ? [sql`created_at < ${to}::timestamptz`] : []),
  ];
}

/** What the members of a project share: anybody who may read its trail may read these things themselves. */
const sharedKinds: ReadonlySet<string> = new Set([
  "instance",
  "image",
  "volume",
  "volume_snapshot",
  "network",
  "subnet",
  "port",
  "router",
  "floating_ip",
  "security_group",
  "project",
  "quota",
]);

type Row = Omit<ListedEvent, "params" | "changes"> & { params: unknown; changes: unknown };

/** null as project: the whole cloud, for administrators. */
export function listEvents(
  database: Database,
  projectId: string | null,
  input: PageInput & { filter?: z.infer<typeof eventFilter> },
): Promise<Page<ListedEvent>> {
  const ofProject = projectId === null ? [] : [sql`project_id = ${projectId}::uuid`];
  const where = [...ofProject, ...clauses(input.filter ?? {})];
  const query: ListQuery<Row, ListedEvent> = {
    select,
    from: "event",
    id: "event.id",
    sorts,
    defaultSort: "-createdAt",
    where,
    toItem: ({ actorId, operationId, changes, ...row }) => ({
      ...eventItem(row),
      actorId,
      operationId,
      changes:
        projectId === null || sharedKinds.has(row.resourceKind) ? eventChanges.catch({}).parse(changes) : {},
    }),
  };
  return listPage(database, query, input);
}

export function eventItem(row: (Omit<EventItem, "params"> & { params: unknown }) | StoredEvent): EventItem {
  return {
    id: row.id,
    createdAt: row.createdAt,
    projectId: row.projectId,
    actorKind: row.actorKind,
    actorName: row.actorName,
    resourceKind: row.resourceKind,
    resourceId: row.resourceId,
    resourceName: row.resourceName,
    action: row.action,
    result: row.result,
    requestId: row.requestId,
    params: eventParams.catch({}).parse(row.params),
  };
}
