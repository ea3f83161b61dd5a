/** What a database says of its columns (RFC 7047, 3.2): what its values mean, and how a change to one is to be read. */

import { OvsdbError } from "./error.ts";
import type { Atom, Cell } from "./value.ts";

export type ColumnType = {
  kind: "scalar" | "set" | "map";
  /** At most one value: a change to it is its new value, where those to sets and maps are differences. */
  single: boolean;
  /** Its value when nothing was said (RFC 7047, 5.2.1). */
  fallback: Cell;
};
export type TableSchema = ReadonlyMap<string, ColumnType>;
export type DatabaseSchema = ReadonlyMap<string, TableSchema>;

export function parseSchema(answer: unknown): DatabaseSchema {
  const tables = Object.entries(record(record(answer).tables));
  return new Map(tables.map(([name, table]) => [name, parseTable(table)]));
}

function parseTable(table: unknown): TableSchema {
  const columns = Object.entries(record(record(table).columns));
  return new Map(columns.map(([name, column]) => [name, parseColumn(record(column).type)]));
}

const defaults: Readonly<Record<string, Atom>> = {
  integer: 0,
  real: 0,
  boolean: false,
  string: "",
  uuid: "00000000-0000-0000-0000-000000000000",
};

function parseColumn(type: unknown): ColumnType {
  if (typeof type === "string") return { kind: "scalar", single: true, fallback: defaults[type] ?? "" };
  const { key, value, min = 1, max = 1 } = record(type);
  const single = max === 1;
  if (value !== undefined) return { kind: "map", single, fallback: {} };
  if (min !== 1 || !single) return { kind: "set", single, fallback: [] };
  const name = typeof key === "string" ? key : String(record(key).type);
  return { kind: "scalar", single, fallback: defaults[name] ?? "" };
}

/** A value off the wire, by its column's type. */
export function decodeCell(type: ColumnType, wire: unknown): Cell {
  if (type.kind === "scalar") return decodeAtom(wire);
  if (type.kind === "set") return decodeSet(wire);
  return decodeMap(wire);
}

function decodeAtom(wire: unknown): Atom {
  if (typeof wire === "string" || typeof wire === "number" || typeof wire === "boolean") return wire;
  if (Array.isArray(wire) && wire.length === 2 && typeof wire[1] === "string") return wire[1];
  throw new OvsdbError("protocol", "what should be a value is none");
}

/** A set of one element is written as the element. */
function decodeSet(wire: unknown): readonly Atom[] {
  const isSet = Array.isArray(wire) && wire[0] === "set" && Array.isArray(wire[1]);
  return isSet ? wire[1].map(decodeAtom) : [decodeAtom(wire)];
}

function decodeMap(wire: unknown): Readonly<Record<string, Atom>> {
  if (!Array.isArray(wire) || wire[0] !== "map" || !Array.isArray(wire[1])) {
    throw new OvsdbError("protocol", "what should be a map is none");
  }
  return Object.fromEntries(wire[1].map(decodePair));
}

function decodePair(pair: unknown): [string, Atom] {
  if (!Array.isArray(pair) || pair.length !== 2) throw new OvsdbError("protocol", "a map has no pairs");
  return [String(decodeAtom(pair[0])), decodeAtom(pair[1])];
}

/** @throws OvsdbError `protocol` */
export function record(value: unknown): Readonly<Record<string, unknown>> {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new OvsdbError("protocol", "what should be an object is none");
  }
  return Object.fromEntries(Object.entries(value));
}
