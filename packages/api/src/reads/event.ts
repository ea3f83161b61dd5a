import type { Database, StoredEvent } from "@madang/db";
import { z } from "zod";
import { listPage, type Page, type PageInput } from "../list.ts";
import { type Sql, sql } from "../sql.ts";

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

const select = `event.id::text, created_at AS "createdAt", project_id AS "projectId", actor_kind AS "actorKind",
  actor_name AS "actorName", resource_kind AS "resourceKind", resource_id AS "resourceId",
  resource_name AS "resourceName", action, result, request_id AS "requestId", params`;
const sorts = { createdAt: { column: "created_at", type: "timestamptz" } } as const;

export const eventFilter = z.object({ resourceId: z.uuid().optional() }).optional();

/** null as project: the whole cloud, for administrators. */
export function listEvents(
  database: Database,
  projectId: string | null,
  input: PageInput & { filter?: z.infer<typeof eventFilter> },
): Promise<Page<EventItem>> {
  const where: Sql[] = projectId === null ? [] : [sql`project_id = ${projectId}::uuid`];
  if (input.filter?.resourceId) where.push(sql`resource_id = ${input.filter.resourceId}::uuid`);
  const query = {
    select,
    from: "event",
    id: "event.id",
    sorts,
    defaultSort: "-createdAt",
    where,
    toItem: eventItem,
  };
  return listPage<Omit<EventItem, "params"> & { params: unknown }, EventItem>(database, query, input);
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
