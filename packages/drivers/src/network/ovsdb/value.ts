/** Values as OVSDB writes them (RFC 7047, 5.1). */
export type Uuid = readonly ["uuid", string];
/** A row of the same transaction, by its insert's `uuid-name`. */
export type NamedUuid = readonly ["named-uuid", string];
export type WireAtom = string | number | boolean | Uuid | NamedUuid;
export type WireSet = readonly ["set", readonly WireAtom[]];
export type WireMap = readonly ["map", readonly (readonly [WireAtom, WireAtom])[]];
export type WireValue = WireAtom | WireSet | WireMap;
export type WireRow = Readonly<Record<string, WireValue>>;

/** Values as the cache holds them: UUIDs as text; optional values and sets as lists; maps as records. */
export type Atom = string | number | boolean;
export type Cell = Atom | readonly Atom[] | Readonly<Record<string, Atom>>;
export type Row = Readonly<Record<string, Cell>>;

export const uuid = (id: string): Uuid => ["uuid", id];
export const namedUuid = (name: string): NamedUuid => ["named-uuid", name];
export const setOf = (atoms: Iterable<WireAtom>): WireSet => ["set", [...atoms]];
export const mapOf = (entries: Readonly<Record<string, WireAtom>>): WireMap => [
  "map",
  Object.entries(entries),
];

/** The text of a column, of an optional one that has a value, or "". */
export function textOf(row: Row, column: string): string {
  const cell = row[column];
  const first = Array.isArray(cell) ? cell[0] : cell;
  return typeof first === "string" ? first : "";
}

/** Only `true` is true; a column that is absent or empty is not. */
export function isTrue(row: Row, column: string): boolean {
  const cell = row[column];
  return (Array.isArray(cell) ? cell[0] : cell) === true;
}

/** The texts (or UUIDs) of a set. */
export function textsOf(row: Row, column: string): readonly string[] {
  const cell = row[column];
  const atoms: readonly unknown[] = Array.isArray(cell) ? cell : [cell];
  return atoms.filter((atom) => typeof atom === "string");
}

export function numbersOf(row: Row, column: string): readonly number[] {
  const cell = row[column];
  const atoms: readonly unknown[] = Array.isArray(cell) ? cell : [cell];
  return atoms.filter((atom) => typeof atom === "number");
}

export function entryOf(row: Row, column: string, key: string): string | null {
  const cell = row[column];
  if (typeof cell !== "object" || isList(cell) || !Object.hasOwn(cell, key)) return null;
  const value = cell[key];
  return typeof value === "string" ? value : null;
}

export function isList(cell: Cell): cell is readonly Atom[] {
  return Array.isArray(cell);
}
