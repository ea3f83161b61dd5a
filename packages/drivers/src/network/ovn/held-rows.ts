/** What the northbound database has, and which of it is ours. */
import type { Pieces } from "@madang/core/turns";
import { entryOf, type Row, textOf } from "../ovsdb/value.ts";
import { type DesiredRow, keyOf, type TableName, tables, unitOf } from "./desired-row.ts";

export const kindKey = "madang:kind";
export const idKey = "madang:id";
/** Tells clouds on one OVN apart. Rows of before there was this mark have none. */
export const cloudKey = "madang:cloud";

export type HeldTable = {
  rows: ReadonlyMap<string, Row>;
  /** Our key → UUID. Of several rows with one key the first by UUID counts; the others are left over. */
  byKey: ReadonlyMap<string, string>;
  byName: ReadonlyMap<string, string>;
  /** UUIDs of all rows with our ids. */
  ours: ReadonlySet<string>;
  /** UUIDs of rows with the ids of another cloud. */
  theirs: ReadonlySet<string>;
};
export type HeldRows = Readonly<Record<TableName, HeldTable>>;

/** `adopts`: rows without a cloud's mark are ours too. */
export type Owner = { cloudId: string; adopts: boolean };
type RowsOf = (table: TableName) => ReadonlyMap<string, Row>;

const tableNames = Object.keys(tables).filter((name): name is TableName => name in tables);

/** As it is now, whatever is told while this is made out. */
export function* heldRows(rows: RowsOf, desired: readonly DesiredRow[], cloudId: string): Pieces<HeldRows> {
  const copies = new Map(tableNames.map((name) => [name, new Map(rows(name))]));
  const copyOf: RowsOf = (name) => copies.get(name) ?? new Map();
  const owner = { cloudId, adopts: yield* livedHere(copyOf, desired) };
  return {
    Logical_Switch: yield* heldTable(copyOf("Logical_Switch"), owner),
    Logical_Switch_Port: yield* heldTable(copyOf("Logical_Switch_Port"), owner),
    DHCP_Options: yield* heldTable(copyOf("DHCP_Options"), owner),
    Logical_Router: yield* heldTable(copyOf("Logical_Router"), owner),
    Logical_Router_Port: yield* heldTable(copyOf("Logical_Router_Port"), owner),
    Logical_Router_Static_Route: yield* heldTable(copyOf("Logical_Router_Static_Route"), owner),
    NAT: yield* heldTable(copyOf("NAT"), owner),
    Gateway_Chassis: yield* heldTable(copyOf("Gateway_Chassis"), owner),
    Port_Group: yield* heldTable(copyOf("Port_Group"), owner),
    ACL: yield* heldTable(copyOf("ACL"), owner),
    Address_Set: yield* heldTable(copyOf("Address_Set"), owner),
  };
}

/**
 * Before rows had a cloud's mark one OVN was one cloud's. So if one of those without it is for something that we have,
 * all of them are ours; if none is, they are another's, who is not yet as new as we are.
 */
function* livedHere(rows: RowsOf, desired: readonly DesiredRow[]): Pieces<boolean> {
  const unmarked = new Set<string>();
  for (const name of tableNames) {
    for (const row of rows(name).values()) {
      const key = markedKey(row);
      if (key !== null && entryOf(row, "external_ids", cloudKey) === null) unmarked.add(key);
    }
    yield;
  }
  if (unmarked.size === 0) return false;
  return desired.some((row) => unitOf(row).kind !== "shared" && unmarked.has(keyOf(row.kind, row.id)));
}

function* heldTable(rows: ReadonlyMap<string, Row>, owner: Owner): Pieces<HeldTable> {
  const byKey = new Map<string, string>();
  const byName = new Map<string, string>();
  const ours = new Set<string>();
  const theirs = new Set<string>();
  yield;
  for (const [id, row] of [...rows].sort(([one], [other]) => (one < other ? -1 : 1))) {
    const name = textOf(row, "name");
    if (name !== "" && !byName.has(name)) byName.set(name, id);
    const key = ownKey(row, owner);
    if (key !== null) {
      ours.add(id);
      if (!byKey.has(key)) byKey.set(key, id);
    } else if (markedKey(row) !== null) theirs.add(id);
    yield;
  }
  return { rows, byKey, byName, ours, theirs };
}

export function ownKey(row: Row, { cloudId, adopts }: Owner): string | null {
  const cloud = entryOf(row, "external_ids", cloudKey);
  const isOurs = cloud === null ? adopts : cloud === cloudId;
  return isOurs ? markedKey(row) : null;
}

function markedKey(row: Row): string | null {
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
  return named && !held.ours.has(named) && !held.theirs.has(named) ? named : null;
}
