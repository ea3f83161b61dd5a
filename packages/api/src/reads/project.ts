/** Projects, as administrators see them: how large, how full, and how far a deletion is. */

import { CloudError } from "@madang/core/errors";
import { projectFields } from "@madang/core/filter/people-fields";
import {
  downAfterMs,
  type HypervisorState,
  type HypervisorView,
  hypervisorState,
} from "@madang/core/hypervisor/state";
import { type QuotaCount, type QuotaLine, ruleOf } from "@madang/core/quota/resource";
import { type Database, quotaCountsSql, quotaLines } from "@madang/db";
import { z } from "zod";
import { among, anyOf, at, filterClauses, type ListFilter } from "../filter/clauses.ts";
import { type ListQuery, listPage, listText, type Page, type PageInput } from "../list.ts";
import { containing, type Sql, sql } from "../sql.ts";
import { storedCounts } from "./quota-count.ts";

export const projectStates = ["enabled", "disabled", "deleting"] as const;
export type ProjectState = (typeof projectStates)[number];

export type ProjectItem = {
  id: string;
  name: string;
  description: string;
  state: ProjectState;
  enabled: boolean;
  /** To be sent back with a change. */
  generation: number;
  createdAt: Date;
  /** People with a role in it, of their own or by a group. */
  members: number;
  usage: QuotaCount[];
  /** Of its deletion; null when none was asked for. */
  percent: number | null;
};

export const projectFilter = z
  .object({
    text: listText.optional(),
    state: z.array(z.enum(projectStates)).max(projectStates.length).optional(),
  })
  .optional();

const state = `CASE WHEN p.delete_requested_at IS NOT NULL THEN 'deleting' WHEN p.enabled THEN 'enabled' ELSE 'disabled' END`;
const select = `p.id, p.name, p.description, p.enabled, p.generation, p.created_at AS "createdAt", ${state} AS state,
  ${quotaCountsSql("p.id", "NULL::uuid")} AS usage, people.members, deletion.percent`;
const joins = `CROSS JOIN LATERAL (SELECT count(*)::int AS members FROM (SELECT user_id FROM role_assignment WHERE project_id = p.id
    UNION SELECT m.user_id FROM group_role_assignment g JOIN group_member m ON m.group_id = g.group_id
      WHERE g.project_id = p.id) AS person) AS people
  LEFT JOIN LATERAL (SELECT o.percent FROM operation o WHERE o.resource_id = p.id AND o.kind = 'project.delete'
    ORDER BY o.created_at DESC LIMIT 1) AS deletion ON p.delete_requested_at IS NOT NULL`;

const sorts = {
  name: { column: "p.name", type: "text" },
  createdAt: { column: "p.created_at", type: "timestamptz" },
} as const;
/** Only who sorts by it has all projects counted; the others those of one page. */
const size = `(SELECT project.*, (SELECT count(*)::int FROM instance WHERE project_id = project.id) AS size FROM project) AS p`;
const sizeSorts = { instances: { column: "p.size", type: "int" } } as const;

type Row = Omit<ProjectItem, "usage"> & { usage: unknown };

export function listProjects(
  database: Database,
  input: PageInput & { filter?: z.infer<typeof projectFilter> },
): Promise<Page<ProjectItem>> {
  const bySize = input.sort?.replace(/^-/, "") === "instances";
  const query: ListQuery<Row, ProjectItem> = {
    ...{ select, joins, id: "p.id", defaultSort: "name", where: clausesOf(input.filter), toItem },
    ...(bySize ? { from: size, sorts: sizeSorts } : { from: "project p", sorts }),
  };
  return listPage<Row, ProjectItem>(database, query, input);
}

function clausesOf(filter: z.infer<typeof projectFilter>): Sql[] {
  const where: Sql[] = [];
  where.push(...filterClauses(filter?.text, projectList));
  if (filter?.state)
    where.push(sql`(CASE WHEN p.delete_requested_at IS NOT NULL THEN 'deleting'
      WHEN p.enabled THEN 'enabled' ELSE 'disabled' END) = ANY(${filter.state}::text[])`);
  return where;
}

function toItem(row: Row): ProjectItem {
  const { id, name, description, state: now, enabled, generation, createdAt, members, percent } = row;
  const usage = storedCounts(row.usage).filter(({ resource }) => ruleOf(resource).whose === "project");
  return { id, name, description, state: now, enabled, generation, createdAt, members, usage, percent };
}

export type ProjectDetail = ProjectItem & {
  quota: QuotaLine[];
  /** What goes with it when it is deleted. */
  goes: {
    instances: number;
    protectedInstances: number;
    images: number;
    credentials: number;
    members: number;
    requests: number;
  };
  deletion: {
    operationId: string;
    startedAt: Date;
    by: string;
    /** The first of those that are still there, and first of all those whose hypervisor is down. */
    left: {
      id: string;
      name: string;
      hypervisor: { name: string; state: HypervisorState } | null;
      forced: boolean;
    }[];
  } | null;
};

const nobody = "00000000-0000-0000-0000-000000000000";

/** Throws NotFound. */
export async function readManagedProject(database: Database, id: string): Promise<ProjectDetail> {
  const where = [sql`p.id = ${id}::uuid`];
  const query = { select, from: "project p", joins, id: "p.id", sorts, defaultSort: "name", where, toItem };
  const [page, quota, goes] = await Promise.all([
    listPage<Row, ProjectItem>(database, query, { limit: 1 }),
    quotaLines(database.prisma, id, nobody),
    readGoes(database, id),
  ]);
  const [project] = page.items;
  if (!project) throw new CloudError("NotFound", "There is no such project.", { reason: "projectNotFound" });
  const deletion = project.state === "deleting" ? await readDeletion(database, id) : null;
  return { ...project, quota, goes: { ...goes, members: project.members }, deletion };
}

type Goes = Omit<ProjectDetail["goes"], "members">;

async function readGoes(database: Database, id: string): Promise<Goes> {
  const { rows } = await database.pool.query<Goes>(
    `SELECT (SELECT count(*)::int FROM instance WHERE project_id = $1) AS instances,
      (SELECT count(*)::int FROM instance WHERE project_id = $1 AND delete_protection) AS "protectedInstances",
      (SELECT count(*)::int FROM image WHERE project_id = $1) AS images,
      (SELECT count(*)::int FROM application_credential WHERE project_id = $1) AS credentials,
      (SELECT count(*)::int FROM quota_request WHERE project_id = $1 AND state = 'pending') AS requests`,
    [id],
  );
  return rows[0] ?? { instances: 0, protectedInstances: 0, images: 0, credentials: 0, requests: 0 };
}

type Left = HypervisorView & { id: string; name: string; forced: boolean; hypervisor: string | null };
const leftShown = 20;

async function readDeletion(database: Database, projectId: string): Promise<ProjectDetail["deletion"]> {
  const operation = await database.prisma.operation.findFirst({
    where: { resourceId: projectId, kind: "project.delete" },
    orderBy: { createdAt: "desc" },
  });
  if (!operation) return null;
  const now = database.now();
  const { rows } = await database.pool.query<Left>(
    `SELECT i.id, i.name, i.force_delete_requested_at IS NOT NULL AS forced, h.name AS hypervisor, h.enabled,
       h.revoked_at AS "revokedAt", h.fenced_at AS "fencedAt", h.fenced_boot_id AS "fencedBootId", h.boot_id AS "bootId",
       h.last_seen_at AS "lastSeenAt"
     FROM instance i LEFT JOIN LATERAL (SELECT hypervisor_id FROM guest WHERE instance_id = i.id ORDER BY created_at DESC LIMIT 1) g ON true
     LEFT JOIN hypervisor h ON h.id = g.hypervisor_id
     WHERE i.project_id = $1 ORDER BY (h.revoked_at IS NULL AND h.last_seen_at < $2::timestamptz - make_interval(secs => $3)
         AND (h.fenced_at IS NULL OR h.boot_id IS DISTINCT FROM h.fenced_boot_id)) IS TRUE DESC,
       i.force_delete_requested_at IS NOT NULL, i.name, i.id LIMIT ${leftShown}`,
    [projectId, now, downAfterMs / 1_000],
  );
  const left = rows.map(({ id, name, forced, hypervisor, ...view }) => ({
    ...{ id, name, forced },
    hypervisor: hypervisor === null ? null : { name: hypervisor, state: hypervisorState(view, now) },
  }));
  return { operationId: operation.id, startedAt: operation.createdAt, by: operation.actorName, left };
}

const projectList: ListFilter<typeof projectFields> = {
  fields: projectFields,
  places: {
    name: at("p.name"),
    id: at("p.id"),
    description: at("p.description"),
    state: at(`(${state})`),
    user: anyOf(
      among('role_assignment a JOIN "user" u ON u.id = a.user_id WHERE a.project_id = p.id', "u.name"),
      among(
        `group_role_assignment a JOIN group_member m ON m.group_id = a.group_id JOIN "user" u ON u.id = m.user_id
          WHERE a.project_id = p.id`,
        "u.name",
      ),
    ),
    created: at("p.created_at"),
  },
  free: (text) => {
    const pattern = containing(text);
    return sql`p.name ILIKE ${pattern} OR p.description ILIKE ${pattern} OR p.id::text ILIKE ${pattern}`;
  },
};
