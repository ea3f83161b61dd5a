/** Requests of all projects, those that wait before those that are decided, with the numbers to decide by. */
import { quotaRequestStates } from "@madang/core/quota/request";
import type { QuotaCount } from "@madang/core/quota/resource";
import { type Database, quotaCountsSql } from "@madang/db";
import { z } from "zod";
import { listPage, type Page, type PageInput } from "../list.ts";
import { type Sql, sql } from "../sql.ts";
import { storedCounts } from "./quota-count.ts";
import {
  type QuotaRequestItem,
  type QuotaRequestRow,
  requestColumns,
  toQuotaRequest,
} from "./quota-request.ts";

/** `counts`: of what was asked for, as it is now. */
export type ManagedRequestItem = QuotaRequestItem & { counts: QuotaCount[] };

export const managedRequestFilter = z
  .object({
    state: z.array(z.enum(quotaRequestStates)).max(quotaRequestStates.length).optional(),
    projectId: z.uuid().optional(),
  })
  .optional();

const counts = `${quotaCountsSql("r.project_id", "r.user_id")} AS counts`;
const joins = "JOIN project ON project.id = r.project_id";

/** Waiting: the oldest first; then the decided, the newest first. Milliseconds stay below 10^13 until the year 2286. */
const turn = `(CASE WHEN r.state = 'pending' THEN 0 ELSE 10000000000000 END
  + CASE WHEN r.state = 'pending' THEN 1 ELSE -1 END * floor(extract(epoch FROM r.created_at) * 1000)::bigint)`;
const sorts = {
  waiting: { column: turn, type: "bigint" },
  createdAt: { column: "r.created_at", type: "timestamptz" },
} as const;

type Row = QuotaRequestRow & { counts: unknown };

export function listManagedRequests(
  database: Database,
  input: PageInput & { filter?: z.infer<typeof managedRequestFilter> },
): Promise<Page<ManagedRequestItem>> {
  const { state, projectId } = input.filter ?? {};
  const where: Sql[] = [];
  if (state) where.push(sql`r.state = ANY(${state}::quota_request_state[])`);
  if (projectId) where.push(sql`r.project_id = ${projectId}::uuid`);
  const select = `${requestColumns}, ${counts}`;
  const query = {
    select,
    from: "quota_request r",
    joins,
    id: "r.id",
    sorts,
    defaultSort: "waiting",
    where,
    toItem,
  };
  return listPage<Row, ManagedRequestItem>(database, query, input);
}

function toItem(row: Row): ManagedRequestItem {
  const request = toQuotaRequest(row);
  const asked = ({ resource }: QuotaCount) => request.asked[resource] !== undefined;
  return { ...request, counts: storedCounts(row.counts).filter(asked) };
}
