/** Finds a resource of any kind by what one has of it at hand, among those that the caller may see; one statement. */
import { isGranted, type Permission, ruleOf } from "@madang/core/identity/permission";
import type { Database } from "@madang/db";
import type { Identity } from "../identity.ts";
import { bind, containing, literal, type Sql, sql } from "../sql.ts";
import { type FoundKind, foundKinds, type SearchSource, type Seer, searchSources } from "./search-source.ts";

export type Found = {
  kind: FoundKind;
  id: string;
  name: string;
  detail: string | null;
  status: string | null;
  /** null: it is of no one project. */
  projectId: string | null;
  projectName: string | null;
  /** The resource on whose page it is. */
  parentId: string | null;
  /** By what it was found. */
  matched: "name" | "id" | "address";
};

export type Sought = { text: string; projectId: string | null; near: string | null; limit: number };
type Asker = Pick<Identity, "grants" | "userId" | "credential">;

/** The best first: what is called just so, what begins so, what is of the project `near`. Nothing for no text. */
export async function findAnything(database: Database, asker: Asker, sought: Sought): Promise<Found[]> {
  const text = sought.text.trim();
  if (text === "") return [];
  const parts = foundKinds.flatMap((kind) => {
    const within = whereGranted(asker, searchSources[kind].permission, sought.projectId);
    return within ? [partOf(kind, { within, userId: asker.userId }, { ...sought, text })] : [];
  });
  const [first, ...rest] = parts;
  if (!first) return [];
  const union = rest.reduce((all, part) => sql`${all} UNION ALL ${part}`, first);
  const { rows } = await database.pool.query<Found>(
    bind(sql`SELECT f.kind, f.id, f.name, f.detail, f.status, f."projectId", p.name AS "projectName", f."parentId", f.matched
      FROM (${union}) f LEFT JOIN project p ON p.id = f."projectId"
      ORDER BY f.rank, f.far, f.position, f.name, f.id`),
  );
  return rows;
}

/** Stands for a project without roles of its own: whoever is granted something there has it everywhere. */
const anyProject = "any";

/** Which projects count, as SQL behind a column; null: the caller may see none of this kind. */
function whereGranted(
  { grants, credential }: Asker,
  permission: Permission,
  only: string | null,
): Sql | null {
  const { scope } = ruleOf(permission);
  if (scope === "system" && (credential !== null || only !== null)) return null;
  if (scope !== "project") return isGranted(grants, permission, null) ? sql`IS NOT NULL` : null;
  if (only !== null) return isGranted(grants, permission, only) ? sql`= ${only}::uuid` : null;
  if (isGranted(grants, permission, anyProject)) return sql`IN (SELECT id FROM project WHERE enabled)`;
  const mine = Object.keys(grants.projects).filter((id) => isGranted(grants, permission, id));
  return mine.length > 0 ? sql`= ANY(${mine}::uuid[])` : null;
}

function partOf(kind: FoundKind, seer: Seer, { text, near, limit }: Sought): Sql {
  const source = searchSources[kind];
  const [id, name] = [literal(source.id), literal(source.name)];
  const project = literal(source.project ?? "NULL::uuid");
  const byName = sql`${name} ILIKE ${containing(text)}`;
  const ways = [byName, ...idRange(source.id, text), ...addressed(source, text)];
  const found = ways.reduce((all, way) => sql`${all} OR ${way}`);
  const begins = containing(text).slice(1);
  const rank = sql`CASE WHEN lower(${name}) = lower(${text}) THEN 0 WHEN ${name} ILIKE ${begins} THEN 1 ELSE 2 END`;
  const [byId] = idRange(source.id, text);
  const matched = sql`CASE WHEN ${byName} THEN 'name' WHEN ${byId ?? literal("FALSE")} THEN 'id' ELSE 'address' END`;
  return sql`(SELECT ${kind}::text AS kind, ${id} AS id, ${name} AS name, ${literal(source.detail ?? "NULL::text")} AS detail,
    ${literal(source.status ?? "NULL::text")} AS status, ${project} AS "projectId",
    ${literal(source.parent ?? "NULL::uuid")} AS "parentId", ${matched} AS matched, ${rank} AS rank,
    (${project} IS DISTINCT FROM ${near}::uuid)::int AS far, ${foundKinds.indexOf(kind)}::int AS position
    FROM ${literal(source.from)} WHERE (${source.visible(seer)}) AND (${found})
    ORDER BY rank, far, name, id LIMIT ${limit})`;
}

/** How an id begins, with its hyphens or without, from four digits on; a range, so that the key's index serves. */
function idRange(id: string, text: string): Sql[] {
  const digits = text.replaceAll("-", "").toLowerCase();
  if (!/^[0-9a-f]{4,32}$/.test(digits)) return [];
  const [low, high] = [digits.padEnd(32, "0"), digits.padEnd(32, "f")];
  return [sql`${literal(id)} BETWEEN ${low}::uuid AND ${high}::uuid`];
}

/** By an IP address, a MAC address, or how one begins; a name never asks for the tables of addresses. */
function addressed({ ports, id }: SearchSource, text: string): Sql[] {
  if (!ports || !/^[0-9a-f.:-]{2,45}$/i.test(text) || !/[0-9]/.test(text)) return [];
  const begins = containing(text.toLowerCase()).slice(1);
  const mac = begins.replaceAll("-", ":");
  const owner = literal(ports);
  return [
    sql`${literal(id)} IN (SELECT ${owner} FROM port q WHERE q.mac LIKE ${mac}
      UNION SELECT ${owner} FROM ip_allocation a JOIN port q ON q.id = a.port_id WHERE host(a.address) LIKE ${begins}
      UNION SELECT ${owner} FROM floating_ip x JOIN port q ON q.id = x.port_id WHERE host(x.address) LIKE ${begins})`,
  ];
}
