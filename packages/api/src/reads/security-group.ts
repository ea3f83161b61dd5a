import { CloudError } from "@madang/core/errors";
import { securityGroupFields } from "@madang/core/filter/network-fields";
import type { RuleMatch } from "@madang/core/network/security-rule";
import type { Database } from "@madang/db";
import { z } from "zod";
import { at, type ListFilter, filterClauses as textClauses } from "../filter/clauses.ts";
import { listPage, listText, type Page, type PageInput } from "../list.ts";
import { bind, containing, literal, type Sql, sql } from "../sql.ts";

export type SecurityGroupItem = {
  id: string;
  name: string;
  description: string;
  isDefault: boolean;
  ruleCount: number;
  portCount: number;
  /** Its ports obey the rules as they stand here. */
  applied: boolean;
  createdAt: Date;
};

export type SecurityGroupDetail = SecurityGroupItem & {
  /** Whose rules name it; it can't be deleted before they are gone. */
  namedBy: { id: string; name: string }[];
};

const select = `g.id, g.name, g.description, g.is_default AS "isDefault", g.created_at AS "createdAt",
  g.realised_generation >= g.generation AS applied,
  (SELECT count(*)::int FROM security_group_rule r WHERE r.security_group_id = g.id) AS "ruleCount",
  (SELECT count(*)::int FROM port_security_group p WHERE p.security_group_id = g.id) AS "portCount"`;
const sorts = {
  name: { column: "g.name", type: "text" },
  createdAt: { column: "g.created_at", type: "timestamptz" },
} as const;

export const securityGroupFilter = z
  .object({ text: listText.optional(), ids: z.array(z.uuid()).max(500).optional() })
  .optional();
type Filter = z.infer<typeof securityGroupFilter>;

export function listSecurityGroups(
  database: Database,
  projectId: string,
  input: PageInput & { filter?: Filter },
): Promise<Page<SecurityGroupItem>> {
  const where = [sql`g.project_id = ${projectId}::uuid`, ...filterClauses(input.filter)];
  const query = { select, from: "security_group g", id: "g.id", sorts, defaultSort: "name", where, toItem };
  return listPage<SecurityGroupItem, SecurityGroupItem>(database, query, input);
}

function filterClauses(filter: Filter): Sql[] {
  return [
    ...(filter?.ids ? [sql`g.id = ANY(${filter.ids}::uuid[])`] : []),
    ...textClauses(filter?.text, groupList),
  ];
}

/** Throws NotFound. */
export async function readSecurityGroup(
  database: Database,
  projectId: string,
  id: string,
): Promise<SecurityGroupDetail> {
  const { rows } = await database.pool.query<SecurityGroupDetail>(
    bind(sql`SELECT ${literal(select)}, coalesce((SELECT jsonb_agg(DISTINCT jsonb_build_object('id', o.id, 'name', o.name))
      FROM security_group_rule n JOIN security_group o ON o.id = n.security_group_id
      WHERE n.remote_group_id = g.id AND o.id <> g.id), '[]') AS "namedBy"
      FROM security_group g WHERE g.id = ${id}::uuid AND g.project_id = ${projectId}::uuid`),
  );
  const [row] = rows;
  if (!row) throw securityGroupNotFound();
  return { ...toItem(row), namedBy: row.namedBy };
}

function toItem(row: SecurityGroupItem): SecurityGroupItem {
  const { id, name, description, isDefault, ruleCount, portCount, applied, createdAt } = row;
  return { id, name, description, isDefault, ruleCount, portCount, applied, createdAt };
}

/** `field`: where in a form the group was chosen. */
export function securityGroupNotFound(field?: string): CloudError {
  return new CloudError("NotFound", "There is no such security group in this project.", {
    reason: "securityGroupNotFound",
    ...(field === undefined ? {} : { field }),
  });
}

export type SecurityRuleItem = RuleMatch & {
  id: string;
  description: string;
  remoteGroupName: string | null;
  createdAt: Date;
};

const ruleSelect = `r.id, r.direction::text, r.ether_type::text AS "etherType", r.protocol, r.port_min AS "portMin",
  r.port_max AS "portMax", r.remote_cidr AS "remoteCidr", r.remote_group_id AS "remoteGroupId", r.description,
  o.name AS "remoteGroupName", r.created_at AS "createdAt"`;
const ruleFrom = `security_group_rule r JOIN security_group g ON g.id = r.security_group_id
  LEFT JOIN security_group o ON o.id = r.remote_group_id`;
const ruleSorts = {
  createdAt: { column: "r.created_at", type: "timestamptz" },
  direction: { column: "r.direction::text", type: "text" },
  protocol: { column: "coalesce(r.protocol, -1)", type: "int" },
  ports: { column: "coalesce(r.port_min, -1)", type: "int" },
} as const;

export const securityRuleFilter = z
  .object({ direction: z.enum(["ingress", "egress"]).optional() })
  .optional();

export function listSecurityRules(
  database: Database,
  { projectId, id }: { projectId: string; id: string },
  input: PageInput & { filter?: z.infer<typeof securityRuleFilter> },
): Promise<Page<SecurityRuleItem>> {
  const direction = input.filter?.direction;
  const where = [
    sql`g.id = ${id}::uuid AND g.project_id = ${projectId}::uuid`,
    ...(direction ? [sql`r.direction = ${direction}::rule_direction`] : []),
  ];
  const query = {
    select: ruleSelect,
    from: ruleFrom,
    id: "r.id",
    sorts: ruleSorts,
    defaultSort: "createdAt",
    where,
  };
  return listPage<SecurityRuleItem, SecurityRuleItem>(database, { ...query, toItem: toRule }, input);
}

function toRule(row: SecurityRuleItem): SecurityRuleItem {
  const { id, direction, etherType, protocol, portMin, portMax, remoteCidr, remoteGroupId } = row;
  const { description, remoteGroupName, createdAt } = row;
  const match = { direction, etherType, protocol, portMin, portMax, remoteCidr, remoteGroupId };
  return { id, ...match, description, remoteGroupName, createdAt };
}

export type GroupUserItem = {
  /** The port's */
  id: string;
  portName: string;
  instanceId: string | null;
  instanceName: string | null;
  instanceStatus: string | null;
  networkName: string;
  addresses: string[];
};

const userSelect = `p.id, p.name AS "portName", i.id AS "instanceId", i.name AS "instanceName", i.status AS "instanceStatus",
  n.name AS "networkName", ARRAY(SELECT host(a.address) FROM ip_allocation a WHERE a.port_id = p.id ORDER BY a.address) AS addresses`;
const userFrom = `port_security_group s JOIN security_group g ON g.id = s.security_group_id JOIN port p ON p.id = s.port_id
  JOIN network n ON n.id = p.network_id LEFT JOIN instance i ON i.id = p.instance_id`;
const userSorts = { name: { column: "coalesce(i.name, p.name)", type: "text" } } as const;

/** Ports that have the group, with the instances they are of. */
export function listGroupUsers(
  database: Database,
  { projectId, id }: { projectId: string; id: string },
  input: PageInput,
): Promise<Page<GroupUserItem>> {
  const where = [sql`g.id = ${id}::uuid AND g.project_id = ${projectId}::uuid`];
  const query = {
    select: userSelect,
    from: userFrom,
    id: "p.id",
    sorts: userSorts,
    defaultSort: "name",
    where,
  };
  return listPage<GroupUserItem, GroupUserItem>(database, { ...query, toItem: toUser }, input);
}

function toUser(row: GroupUserItem): GroupUserItem {
  const { id, portName, instanceId, instanceName, instanceStatus, networkName, addresses } = row;
  return { id, portName, instanceId, instanceName, instanceStatus, networkName, addresses };
}

const groupList: ListFilter<typeof securityGroupFields> = {
  fields: securityGroupFields,
  places: {
    name: at("g.name"),
    id: at("g.id"),
    description: at("g.description"),
    default: at("g.is_default"),
    used: at("EXISTS (SELECT 1 FROM port_security_group p WHERE p.security_group_id = g.id)"),
    created: at("g.created_at"),
  },
  free: (text) => sql`g.name ILIKE ${containing(text)} OR g.description ILIKE ${containing(text)}`,
};
