/** Rows as a monitor tells them (ovsdb-server(7), monitor_cond_since): whole at first, then their differences. */
import { OvsdbError } from "./error.ts";
import { type ColumnType, type DatabaseSchema, decodeCell, record, type TableSchema } from "./schema.ts";
import { type Atom, type Cell, isList, type Row } from "./value.ts";

export type TableRows = Map<string, Row>;
export type DatabaseRows = Map<string, TableRows>;

export type RowChange = { table: string; id: string; before: Row | null; after: Row | null };

/** Puts `updates` (table → row's UUID → what happened to it) into `rows`; returns what changed. */
export function applyUpdates(rows: DatabaseRows, schema: DatabaseSchema, updates: unknown): RowChange[] {
  const changes: RowChange[] = [];
  for (const [table, byId] of Object.entries(record(updates))) {
    const columns = schema.get(table);
    const held = rows.get(table);
    if (!columns || !held) throw new OvsdbError("protocol", `nobody asked for table ${table}`);
    for (const [id, update] of Object.entries(record(byId))) {
      const before = held.get(id) ?? null;
      const after = applyUpdate(columns, before, record(update));
      if (after) held.set(id, after);
      else held.delete(id);
      changes.push({ table, id, before, after });
    }
  }
  return changes;
}

function applyUpdate(
  columns: TableSchema,
  before: Row | null,
  update: Readonly<Record<string, unknown>>,
): Row | null {
  if ("delete" in update) return null;
  if ("modify" in update) {
    if (!before) throw new OvsdbError("protocol", "a row changed that is not there");
    return { ...before, ...cellsOf(columns, update.modify, before) };
  }
  return { ...emptyRow(columns), ...cellsOf(columns, update.initial ?? update.insert, null) };
}

function cellsOf(columns: TableSchema, wire: unknown, before: Row | null): Row {
  const cells: [string, Cell][] = [];
  for (const [name, value] of Object.entries(record(wire))) {
    const type = columns.get(name);
    if (!type) throw new OvsdbError("protocol", `an unknown column ${name}`);
    const cell = decodeCell(type, value);
    cells.push([name, before ? changed(type, before[name], cell) : cell]);
  }
  return Object.fromEntries(cells);
}

/** Columns at their default are left out of new rows. */
function emptyRow(columns: TableSchema): Row {
  return Object.fromEntries([...columns].map(([name, type]) => [name, type.fallback]));
}

function changed(type: ColumnType, before: Cell | undefined, difference: Cell): Cell {
  if (type.single || before === undefined || typeof before !== "object" || typeof difference !== "object") {
    return difference;
  }
  if (isList(before)) return isList(difference) ? changedSet(before, difference) : before;
  return isList(difference) ? before : changedMap(before, difference);
}

/** The difference of two sets is what only one of them has. */
export function changedSet(before: readonly Atom[], difference: readonly Atom[]): readonly Atom[] {
  const toggled = new Set(difference);
  const had = new Set(before);
  return [...before.filter((atom) => !toggled.has(atom)), ...difference.filter((atom) => !had.has(atom))];
}

/** The difference of two maps has new and changed pairs with their new value, and removed ones with the old. */
export function changedMap(
  before: Readonly<Record<string, Atom>>,
  difference: Readonly<Record<string, Atom>>,
): Readonly<Record<string, Atom>> {
  const after = new Map(Object.entries(before));
  for (const [key, value] of Object.entries(difference)) {
    if (after.get(key) === value) after.delete(key);
    else after.set(key, value);
  }
  return Object.fromEntries(after);
}
