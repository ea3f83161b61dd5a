/**
 * A row of the northbound database as it should be. All of ours carry `madang:cloud`, `madang:kind` and `madang:id` in
 * external_ids; the last two say which noun of ours it is for, and no two rows of a cloud in one table have the same.
 */
import type { Refusal } from "../driver.ts";
import type { Cell } from "../ovsdb/value.ts";

/** Other rows of ours, in a column that refers to a table. What others put there stays, unless there is room for one only. */
export type References = { to: TableName; keys: readonly string[]; single?: true };

export type TableName = keyof typeof tables;

export type DesiredRow = {
  table: TableName;
  kind: string;
  id: string;
  /** Columns that are not named are nobody's business of ours. */
  cells: Readonly<Record<string, Cell | References>>;
  /** More for operators in external_ids, without our prefix. */
  remarks?: Readonly<Record<string, string>>;
};

type TableFacts = {
  /** Rows that live though nothing refers to them; the others go with their last reference. */
  root: boolean;
  columns: readonly string[];
  /** Columns whose rows belong to this one. */
  children: Readonly<Record<string, string>>;
  /** No two rows may have the same name, and ours are unmistakable: one without our ids is ours that lost them. */
  named: boolean;
};

/** What we hold of each table (ovn-nb(5)): all that we write, and what would spoil it when somebody else did. */
export const tables = {
  Logical_Switch: {
    root: true,
    columns: ["name", "ports", "other_config", "external_ids"],
    children: { ports: "Logical_Switch_Port" },
    named: true,
  },
  Logical_Switch_Port: {
    root: false,
    columns: [
      "name",
      "type",
      "options",
      "tag",
      "addresses",
      "port_security",
      "dhcpv4_options",
      "enabled",
      "up",
      "external_ids",
    ],
    children: {},
    named: true,
  },
  DHCP_Options: { root: true, columns: ["cidr", "options", "external_ids"], children: {}, named: false },
  Logical_Router: {
    root: true,
    columns: ["name", "ports", "static_routes", "nat", "options", "enabled", "external_ids"],
    children: { ports: "Logical_Router_Port", static_routes: "Logical_Router_Static_Route", nat: "NAT" },
    named: true,
  },
  Logical_Router_Port: {
    root: false,
    columns: ["name", "mac", "networks", "options", "gateway_chassis", "enabled", "external_ids"],
    children: { gateway_chassis: "Gateway_Chassis" },
    named: true,
  },
  Logical_Router_Static_Route: {
    root: false,
    columns: ["ip_prefix", "nexthop", "external_ids"],
    children: {},
    named: false,
  },
  NAT: {
    root: false,
    columns: ["type", "external_ip", "logical_ip", "external_mac", "logical_port", "external_ids"],
    children: {},
    named: false,
  },
  Gateway_Chassis: {
    root: false,
    columns: ["name", "chassis_name", "priority", "external_ids"],
    children: {},
    named: true,
  },
  Port_Group: {
    root: true,
    columns: ["name", "ports", "acls", "external_ids"],
    children: { acls: "ACL" },
    named: true,
  },
  ACL: {
    root: false,
    columns: ["direction", "priority", "match", "action", "external_ids"],
    children: {},
    named: false,
  },
  Address_Set: { root: true, columns: ["name", "addresses", "external_ids"], children: {}, named: true },
} as const satisfies Readonly<Record<string, TableFacts>>;

export const keyOf = (kind: string, id: string): string => `${kind}/${id}`;

export function references(to: TableName, rows: readonly DesiredRow[]): References {
  return { to, keys: rows.map((row) => keyOf(row.kind, row.id)) };
}

/** The noun that a row is there for: what is taken or refused together. */
export type Unit = Pick<Refusal, "kind" | "id">;

/** Kinds of rows that are parts of another noun, whose id theirs begins with. */
const partOf: Readonly<Record<string, Refusal["kind"]>> = {
  network: "network",
  localnet: "network",
  subnet: "subnet",
  port: "port",
  "router-port": "port",
  gateway: "port",
  router: "router",
  route: "router",
  snat: "router",
  "floating-ip": "floating-ip",
  "security-group": "security-group",
  rule: "rule",
};

export function unitOf({ kind, id }: Pick<DesiredRow, "kind" | "id">): Unit {
  const noun = partOf[kind];
  return noun ? { kind: noun, id: id.split("/")[0] ?? id } : { kind: "shared", id: "shared" };
}

export const unitKey = ({ kind, id }: Unit): string => keyOf(kind, id);
