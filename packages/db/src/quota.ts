/**
 * Usage, counted where it stands (invariant 7), and the limit that counts at this moment: with the project's row locked
 * nothing can race past. One statement decides it all, by the database's clock: no job has to run for a limit to expire.
 */
import {
  type FixedResource,
  isFixedResource,
  projectResources,
  type QuotaCount,
  type QuotaLine,
  type QuotaResource,
  quotaResources,
  unsaidLimit,
} from "@madang/core/quota/resource";
import { isTypeResource } from "@madang/core/quota/type-resource";
import type { Database, Tx } from "./client.ts";
import { Prisma } from "./generated/client.ts";

/** The tables that are counted, each read once, over `project` and, for what belongs to people, over `person`. */
const tables = {
  instance: `SELECT count(*) AS count, coalesce(sum(vcpus), 0) AS vcpus, coalesce(sum(ram_mib), 0) AS ram_mib
    FROM instance WHERE project_id = project.id`,
  key_pair: "SELECT count(*) AS count FROM key_pair WHERE user_id = person.id",
  network: "SELECT count(*) AS count FROM network WHERE project_id = project.id",
  subnet: "SELECT count(*) AS count FROM subnet WHERE project_id = project.id",
  port: "SELECT count(*) AS count FROM port WHERE project_id = project.id AND owner <> 'metadata'",
  router: "SELECT count(*) AS count FROM router WHERE project_id = project.id",
  floating_ip: "SELECT count(*) AS count FROM floating_ip WHERE project_id = project.id",
  security_group: "SELECT count(*) AS count FROM security_group WHERE project_id = project.id",
  security_group_rule: `SELECT count(*) AS count FROM security_group_rule JOIN security_group
    ON security_group.id = security_group_rule.security_group_id WHERE security_group.project_id = project.id`,
  image: `SELECT count(*) AS count, coalesce(ceil(sum(coalesce(size_bytes, upload_size_bytes, uploaded_bytes)) / 1048576), 0) AS mib
    FROM image WHERE project_id = project.id`,
  volume: `SELECT count(*) AS count, coalesce(sum(size_gib), 0) + (SELECT coalesce(sum(volume_snapshot.size_gib), 0)
      FROM volume_snapshot WHERE volume_snapshot.project_id = project.id) AS gib
    FROM volume WHERE project_id = project.id`,
  volume_snapshot: "SELECT count(*) AS count FROM volume_snapshot WHERE project_id = project.id",
} as const;

/** How much is in use: which column of which of them. */
const counts: Record<FixedResource, readonly [table: keyof typeof tables, column: string]> = {
  instances: ["instance", "count"],
  cores: ["instance", "vcpus"],
  ram: ["instance", "ram_mib"],
  key_pairs: ["key_pair", "count"],
  networks: ["network", "count"],
  subnets: ["subnet", "count"],
  ports: ["port", "count"],
  routers: ["router", "count"],
  floating_ips: ["floating_ip", "count"],
  security_groups: ["security_group", "count"],
  security_group_rules: ["security_group_rule", "count"],
  images: ["image", "count"],
  image_size: ["image", "mib"],
  volumes: ["volume", "count"],
  /** Snapshots count with the size of their volume, as in Cinder. */
  gigabytes: ["volume", "gib"],
  snapshots: ["volume_snapshot", "count"],
};

/**
 * Of volume types, those that the project has volumes of or that somebody limited. A type that is gone has no line, whatever
 * limits of it are left.
 */
const typed = `SELECT part.kind || ':' || volume_type.id, volume_type.name,
    CASE part.kind WHEN 'volumes' THEN coalesce(mine.count, 0) WHEN 'snapshots' THEN coalesce(shot.count, 0)
      ELSE coalesce(mine.gib, 0) + coalesce(shot.gib, 0) END
  FROM volume_type CROSS JOIN (VALUES ('volumes'), ('gigabytes'), ('snapshots')) AS part (kind)
  LEFT JOIN (SELECT volume_type_id, count(*) AS count, sum(size_gib) AS gib FROM volume
    WHERE project_id = project.id GROUP BY 1) AS mine ON mine.volume_type_id = volume_type.id
  LEFT JOIN (SELECT volume.volume_type_id, count(*) AS count, sum(volume_snapshot.size_gib) AS gib FROM volume_snapshot
    JOIN volume ON volume.id = volume_snapshot.volume_id WHERE volume_snapshot.project_id = project.id GROUP BY 1) AS shot
    ON shot.volume_type_id = volume_type.id
  WHERE mine.count > 0
    OR EXISTS (SELECT FROM quota WHERE project_id = project.id AND resource = part.kind || ':' || volume_type.id)
    OR EXISTS (SELECT FROM quota_default WHERE resource = part.kind || ':' || volume_type.id)`;

/** What is in use of each resource. `types`: of volume types too. */
function counted(resources: readonly FixedResource[], types: boolean): string {
  const names = [...new Set(resources.map((resource) => counts[resource][0]))];
  const used = names.map((name) => `CROSS JOIN LATERAL (${tables[name]}) AS ${name}_use`).join(" ");
  const values = resources.map(
    (resource) => `('${resource}', NULL::text, ${counts[resource].join("_use.")})`,
  );
  const parts = [...(values.length > 0 ? [`VALUES ${values.join(", ")}`] : []), ...(types ? [typed] : [])];
  return `${used} CROSS JOIN LATERAL (${parts.join(" UNION ALL ")}) AS used (resource, type_name, in_use)`;
}

/** NULL: the project has no limit of its own now. */
const own = `CASE WHEN quota.expires_at IS NULL OR quota.expires_at > statement_timestamp()
  THEN quota."limit" ELSE quota.fallback_limit END`;
/** What nobody allowed is not allowed; a volume type nobody limited is. */
const usual = `coalesce(quota_default."limit", CASE WHEN used.type_name IS NULL THEN 0 ELSE -1 END)`;

function joined(resources: readonly FixedResource[], types: boolean): string {
  return `${counted(resources, types)}
    LEFT JOIN quota_default ON quota_default.resource = used.resource
    LEFT JOIN quota ON quota.project_id = project.id AND quota.resource = used.resource`;
}

const columns = `used.resource, used.type_name AS "typeName", used.in_use::float8 AS "inUse", coalesce(${own}, ${usual}) AS "limit",
    ${usual} AS "default", ${own} IS NULL AS "isDefault",
    CASE WHEN quota.expires_at > statement_timestamp() THEN quota.expires_at END AS "untilAt",
    coalesce(quota.fallback_limit, ${usual}) AS afterwards`;

/**
 * For lists: SQL of a JSON array of {resource, typeName, inUse, limit}. The arguments are SQL of our own source, a project's id and
 * whose are counted of what belongs to people.
 */
export function quotaCountsSql(projectId: string, userId: string): string {
  return `(SELECT jsonb_agg(jsonb_build_object('resource', used.resource, 'typeName', used.type_name,
      'inUse', used.in_use, 'limit', coalesce(${own}, ${usual})))
    FROM (SELECT ${projectId} AS id) AS project CROSS JOIN (SELECT ${userId} AS id) AS person ${joined(quotaResources, true)})`;
}

type Row = {
  resource: string;
  typeName: string | null;
  inUse: number;
  limit: number;
  default: number;
  isDefault: boolean;
  untilAt: Date | null;
  afterwards: number;
};

/**
 * One line for each resource, in their order, then those of volume types by their names: of those that the project has, or
 * that somebody limited. `userId`: whose are counted of what belongs to people.
 */
export async function quotaLines(tx: Tx, projectId: string, userId: string): Promise<QuotaLine[]> {
  const rows = await tx.$queryRaw<Row[]>`
    SELECT ${Prisma.raw(columns)} FROM project LEFT JOIN "user" AS person ON person.id = ${userId}::uuid
    ${Prisma.raw(joined(quotaResources, true))} WHERE project.id = ${projectId}::uuid
    ORDER BY used.type_name, used.resource DESC`;
  const known = new Map(rows.map((row) => [row.resource, row]));
  const fixed = quotaResources.map((resource) => lineOf(resource, known.get(resource)));
  const ofTypes = rows.flatMap((row) => (isTypeResource(row.resource) ? [lineOf(row.resource, row)] : []));
  return [...fixed, ...ofTypes];
}

export type ProjectCount = Omit<QuotaCount, "typeName"> & { projectId: string; typeName: string | null };

/** A `ProjectCount` for each project that there is and each of the resources, of which none belongs to people. */
export function quotaCountsQuery(
  projectIds: readonly string[],
  resources: readonly QuotaResource[],
): Prisma.Sql {
  const types = resources.some(isTypeResource);
  const from = joined(resources.filter(isFixedResource), types);
  return Prisma.sql`SELECT project.id AS "projectId", used.resource, used.type_name AS "typeName",
      used.in_use::float8 AS "inUse", coalesce(${Prisma.raw(own)}, ${Prisma.raw(usual)}) AS "limit"
    FROM project LEFT JOIN "user" AS person ON FALSE ${Prisma.raw(from)}
    WHERE project.id = ANY(${[...projectIds]}::uuid[])`;
}

/** For each project a line for each of the resources, of which none belongs to people. */
export async function quotaCounts(
  tx: Tx,
  projectIds: readonly string[],
  resources: readonly QuotaResource[],
): Promise<Map<string, QuotaCount[]>> {
  const rows = await tx.$queryRaw<ProjectCount[]>(quotaCountsQuery(projectIds, resources));
  return quotaCountsOf(rows, projectIds, resources);
}

/** For each project a line for each of the resources. */
export function quotaCountsOf(
  rows: readonly ProjectCount[],
  projectIds: readonly string[],
  resources: readonly QuotaResource[],
): Map<string, QuotaCount[]> {
  const ofProject = Map.groupBy(rows, ({ projectId }) => projectId);
  return new Map(
    projectIds.map((id) => {
      const known = new Map(ofProject.get(id)?.map((row) => [row.resource, row]));
      return [id, resources.map((resource) => countOf(resource, known.get(resource)))];
    }),
  );
}

function countOf(resource: QuotaResource, row: ProjectCount | undefined): QuotaCount {
  if (!row) return { resource, limit: unsaidLimit(resource), inUse: 0 };
  const { limit, inUse, typeName } = row;
  return { resource, limit, inUse, ...(typeName === null ? {} : { typeName }) };
}

function lineOf(resource: QuotaResource, row: Row | undefined): QuotaLine {
  if (!row) return { resource, limit: 0, inUse: 0, default: 0, source: "default", until: null };
  const { limit, inUse, default: usually, isDefault, untilAt, afterwards, typeName } = row;
  const until = untilAt && { at: untilAt, limit: afterwards };
  const source = isDefault ? "default" : "project";
  const line: QuotaLine = { resource, limit, inUse, default: usually, source, until };
  return typeName === null ? line : { ...line, typeName };
}

/**
 * Writes down what each project uses at the start of this hour, or as soon after as it is asked for; again in the same hour
 * it does nothing. Answers how many rows it wrote.
 */
export async function sampleUsage({ pool }: Pick<Database, "pool">): Promise<number> {
  for (let total = 0; ; ) {
    const { rowCount } = await pool.query(sample);
    total += rowCount ?? 0;
    if ((rowCount ?? 0) === 0) return total;
  }
}

/** Projects a statement: so long at most a project's deletion waits for the others. */
const sampleShare = 500;
const sample = `WITH hour AS (SELECT date_trunc('hour', statement_timestamp(), 'UTC') AS at),
    project AS (SELECT id FROM project, hour WHERE NOT EXISTS (
      SELECT 1 FROM usage_sample WHERE usage_sample.project_id = project.id AND usage_sample.at = hour.at)
      LIMIT ${sampleShare})
  INSERT INTO usage_sample (project_id, resource, at, in_use, "limit")
  SELECT project.id, used.resource, hour.at, least(used.in_use, 2147483647), coalesce(${own}, ${usual})
  FROM hour CROSS JOIN project LEFT JOIN "user" AS person ON FALSE
  ${joined(projectResources, true)}
  ON CONFLICT DO NOTHING`;

export type ExpiredLimit = { resource: string; limit: number; afterwards: number };

/** The projects that have limits whose time has passed. */
export async function projectsWithExpired({ pool }: Pick<Database, "pool">): Promise<string[]> {
  const { rows } = await pool.query<{ projectId: string }>(
    `SELECT DISTINCT project_id AS "projectId" FROM quota WHERE expires_at <= statement_timestamp() ORDER BY 1`,
  );
  return rows.map(({ projectId }) => projectId);
}

/**
 * Puts what counts anyway where the expired limits stood. Call it with the project's row locked. `now()` is the same in all
 * three statements: what expires between them waits for the next round.
 */
export async function tidyExpired(tx: Tx, projectId: string): Promise<ExpiredLimit[]> {
  const expired = await tx.$queryRaw<ExpiredLimit[]>`
    SELECT quota.resource, quota."limit", coalesce(quota.fallback_limit, quota_default."limit",
      CASE WHEN quota.resource LIKE '%:%' THEN -1 ELSE 0 END) AS afterwards
    FROM quota LEFT JOIN quota_default USING (resource)
    WHERE project_id = ${projectId}::uuid AND expires_at <= now() ORDER BY resource`;
  await tx.$executeRaw`
    DELETE FROM quota WHERE project_id = ${projectId}::uuid AND expires_at <= now() AND fallback_limit IS NULL`;
  await tx.$executeRaw`
    UPDATE quota SET "limit" = fallback_limit, fallback_limit = NULL, expires_at = NULL
    WHERE project_id = ${projectId}::uuid AND expires_at <= now()`;
  return expired;
}
