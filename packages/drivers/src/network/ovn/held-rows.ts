/** What the northbound database has, and which of it is ours. */
import { entryOf, type Row, textOf } from "../ovsdb/value.ts";
import { type DesiredRow, keyOf, type TableName, tables } from "./desired-row.ts";

export const kindKey = "madang:kind";
export const idKey = "madang:id";

export type HeldTable = {
  rows: ReadonlyMap<string, Row>;
  /** Our key → UUID. Of several rows with one key the first by UUID counts; the others are left over. */
  byKey: ReadonlyMap<string, string>;
  byName: ReadonlyMap<string, string>;
  /** UUIDs of all rows with our ids. */
  ours: ReadonlySet<string>;
};
export type HeldRows = Readonly<Record<TableName, HeldTable>>;

export function heldRows(rows: (table: TableName) => ReadonlyMap<string, Row>): HeldRows {
  return {
    Logical_Switch: heldTable(rows("Logical_Switch")),
    Logical_Switch_Port: heldTable(rows("Logical_Switch_Port")),
    DHCP_Options: heldTable(rows("DHCP_Options")),
    Logical_Router: heldTable(rows("Logical_Router")),
    Logical_Router_Port: heldTable(rows("Logical_Router_Port")),
    Logical_Router_Static_Route: heldTable(rows("Logical_Router_Static_Route")),
    NAT: heldTable(rows("NAT")),
    Gateway_Chassis: heldTable(rows("Gateway_Chassis")),
    Port_Group: heldTable(rows("Port_Group")),
    ACL: heldTable(rows("ACL")),
    Address_Set: heldTable(rows("Address_Set")),
  };
}

function heldTable(rows: ReadonlyMap<string, Row>): HeldTable {
  const byKey = new Map<string, string>();
  const byName = new Map<string, string>();
  const ours = new Set<string>();
  for (const [id, row] of [...rows].sort(([one], [other]) => (one < other ? -1 : 1))) {
    const name = textOf(row, "name");
    if (name !== "" && !byName.has(name)) byName.set(name, id);
    const key = ownKey(row);
    if (key === null) continue;
    ours.add(id);
    if (!byKey.has(key)) byKey.set(key, id);
  }
  return { rows, byKey, byName, ours };
}

export function ownKey(row: Row): string | null {
  const kind = entryOf(row, "external_ids", kindKey);
  const id = entryOf(row, "external_ids", idKey);
  return kind === null || id === null ? null : keyOf(kind, id);
}

/** The row that is to be this one: by our ids, else by its name, which is unmistakably ours though the ids are lost. */
export function find(held: HeldTable, { table, kind, id, cells }: DesiredRow): string | null {
  const known = held.byKey.get(keyOf(kind, id));
  if (known) return known;
  if (!tables[table].named || typeof cells.name !== "string") return null;
  const named = held.byName.get(cells.name);
  return named && !held.ours.has(named) ? named : null;
}
