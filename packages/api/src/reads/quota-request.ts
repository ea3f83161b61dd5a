import { type QuotaRequestState, quotaRequestStates, storedLimits } from "@madang/core/quota/request";
import type { Limits } from "@madang/core/quota/resource";
import type { Database } from "@madang/db";
import { z } from "zod";
import { listPage, type Page, type PageInput } from "../list.ts";
import { type Sql, sql } from "../sql.ts";
import { storedTypeNames, type TypeNames, typeNamesSql } from "./type-name.ts";

export type QuotaRequestItem = {
  id: string;
  projectId: string;
  projectName: string;
  /** null: the person is gone, the name is left. */
  userId: string | null;
  userName: string;
  asked: Limits;
  reason: string;
  state: QuotaRequestState;
  /** null: not approved. */
  granted: Limits | null;
  /** Of what is granted; null: for good. */
  expiresAt: Date | null;
  decidedBy: string | null;
  decidedAt: Date | null;
  answer: string;
  generation: number;
  createdAt: Date;
  /** Of the volume types that are asked for or granted. */
  typeNames: TypeNames;
};

export const quotaRequestFilter = z
  .object({ state: z.array(z.enum(quotaRequestStates)).max(quotaRequestStates.length).optional() })
  .optional();

export const requestColumns = `r.id, r.project_id AS "projectId", project.name AS "projectName", r.user_id AS "userId",
  r.user_name AS "userName", r.asked, r.reason, r.state, r.granted, r.expires_at AS "expiresAt",
  r.decided_by AS "decidedBy", r.decided_at AS "decidedAt", r.answer, r.generation, r.created_at AS "createdAt",
  ${typeNamesSql("r.asked || CASE jsonb_typeof(r.granted) WHEN 'object' THEN r.granted ELSE '{}' END")} AS "typeNames"`;
const sorts = { createdAt: { column: "r.created_at", type: "timestamptz" } } as const;

export type QuotaRequestRow = Omit<QuotaRequestItem, "asked" | "granted" | "typeNames"> & {
  typeNames: unknown;
  asked: unknown;
  granted: unknown;
};

export function listQuotaRequests(
  database: Database,
  projectId: string,
  input: PageInput & { filter?: z.infer<typeof quotaRequestFilter> },
): Promise<Page<QuotaRequestItem>> {
  const where: Sql[] = [sql`r.project_id = ${projectId}::uuid`];
  const state = input.filter?.state;
  if (state) where.push(sql`r.state = ANY(${state}::quota_request_state[])`);
  const query = {
    ...{
      select: requestColumns,
      from: "quota_request r",
      joins: "JOIN project ON project.id = r.project_id",
      id: "r.id",
    },
    ...{ sorts, defaultSort: "-createdAt", where, toItem: toQuotaRequest },
  };
  return listPage<QuotaRequestRow, QuotaRequestItem>(database, query, input);
}

export function toQuotaRequest(row: QuotaRequestRow): QuotaRequestItem {
  const { id, projectId, projectName, userId, userName, reason, state, expiresAt } = row;
  const { decidedBy, decidedAt, answer, generation, createdAt } = row;
  return {
    ...{ id, projectId, projectName, userId, userName, reason, state, expiresAt },
    ...{ decidedBy, decidedAt, answer, generation, createdAt },
    typeNames: storedTypeNames(row.typeNames),
    asked: storedLimits.parse(row.asked),
    granted: row.granted === null ? null : storedLimits.parse(row.granted),
  };
}
