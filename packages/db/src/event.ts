/**
 * The append-only trail and its gap-free reading. A row is readable once every older transaction has ended: rows are
 * ordered and resumed by (xid, id), never by the sequence alone, because number 11 can commit before number 10.
 */
import type pg from "pg";
import type { Tx } from "./client.ts";
import type { Prisma as PrismaTypes } from "./generated/client.ts";

export type NewEvent = Omit<PrismaTypes.EventUncheckedCreateInput, "id" | "createdAt">;

export function appendEvent(tx: Tx, event: NewEvent): Promise<void> {
  return appendEvents(tx, [event]);
}

export async function appendEvents(tx: Tx, events: NewEvent[]): Promise<void> {
  await tx.event.createMany({ data: events });
}

export type StoredEvent = {
  /** "xid:id", what a reader resumes from */
  cursor: string;
  id: string;
  createdAt: Date;
  projectId: string | null;
  actorKind: string;
  actorId: string | null;
  actorName: string;
  resourceKind: string;
  resourceId: string;
  resourceName: string;
  action: string;
  result: string;
  requestId: string | null;
  operationId: string | null;
  params: unknown;
};

const columns = `xid || ':' || id AS cursor, id::text, created_at AS "createdAt", project_id AS "projectId",
  actor_kind AS "actorKind", actor_id AS "actorId", actor_name AS "actorName", resource_kind AS "resourceKind",
  resource_id AS "resourceId", resource_name AS "resourceName", action, result, request_id AS "requestId",
  operation_id AS "operationId", params`;

const cursorShape = /^(\d{1,20}):(\d{1,19})$/;

/**
 * Events after the cursor, oldest first, at most `limit`; only those no later commit can precede. With a project, only
 * that project's, and those of no project whose resource is of one of `kindsOfAll`.
 */
export async function readEventsAfter(
  pool: pg.Pool,
  cursor: string,
  limit = 500,
  projectId: string | null = null,
  kindsOfAll: readonly string[] = [],
): Promise<StoredEvent[]> {
  const [, xid, id] = cursorShape.exec(cursor) ?? [];
  if (xid === undefined || id === undefined) throw new TypeError("not an event cursor");
  const { rows } = await pool.query<StoredEvent>(
    `SELECT ${columns} FROM event
     WHERE (xid, id) > ($1::xid8, $2::bigint) AND xid < pg_snapshot_xmin(pg_current_snapshot())
       AND ($4::uuid IS NULL OR project_id = $4::uuid OR (project_id IS NULL AND resource_kind = ANY($5::text[])))
     ORDER BY event.xid, event.id LIMIT $3`,
    [xid, id, limit, projectId, kindsOfAll],
  );
  return rows;
}

/** Where a new reader starts: everything that can be read now lies at or before it. */
export async function latestEventCursor(pool: pg.Pool): Promise<string> {
  const { rows } = await pool.query<{ cursor: string }>(
    `SELECT (pg_snapshot_xmin(pg_current_snapshot())::text::numeric - 1) || ':9223372036854775807' AS cursor`,
  );
  return rows[0]?.cursor ?? "0:0";
}

/** False when events after this cursor may have been dropped by retention (or it was never ours): the reader must resync. */
export async function isCursorKept(pool: pg.Pool, cursor: string): Promise<boolean> {
  const [, xid] = cursorShape.exec(cursor) ?? [];
  if (xid === undefined) return false;
  const { rows } = await pool.query<{ kept: boolean }>(
    `SELECT $1::xid8 < pg_snapshot_xmax(pg_current_snapshot())
        AND ($1::xid8 >= coalesce((SELECT xid FROM event ORDER BY xid, id LIMIT 1), '0'::xid8)
             OR NOT EXISTS (SELECT 1 FROM event)) AS kept`,
    [xid],
  );
  return rows[0]?.kept ?? false;
}
