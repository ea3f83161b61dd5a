/**
 * What must be done to the northbound database to make our rows so, as one transaction. Pure, and empty when nothing
 * differs. Rows without our ids are never written, with one exception: one that refers to rows of ours as its own parts
 * (a port of ours in somebody's switch) loses those.
 */
import type { Pieces } from "@madang/core/turns";
import type { Operation } from "../ovsdb/operation.ts";
import {
  type Atom,
  type Cell,
  isList,
  mapOf,
  namedUuid,
  type Row,
  setOf,
  textsOf,
  uuid,
  type WireAtom,
  type WireValue,
} from "../ovsdb/value.ts";
import {
  type DesiredRow,
  keyOf,
  type References,
  type TableName,
  tables,
  type Unit,
  unitKey,
  unitOf,
} from "./desired-row.ts";
import { cloudKey, find, type HeldRows, idKey, kindKey } from "./held-rows.ts";

/**
 * `units`: what the operations are for, each once, what others refer to first. `homeless`: what can't be, for what it is a
 * part of is not there and is left so.
 */
export type Difference = { operations: Operation[]; changed: number; units: Unit[]; homeless: Unit[] };

/** `isLeft`: what is left as it is this time, wanted or not. */
export type Terms = { cloudId: string; isLeft: (unit: Unit) => boolean };

/** Where each desired row is: the UUID it has, or the name of the insert that makes it. */
type Places = ReadonlyMap<string, { id: string; isNew: boolean }>;
type Context = Terms & { held: HeldRows; places: Places };

/** All rows that nobody asks for any more, together. */
export const removal: Unit = { kind: "removal", id: "removal" };

export function* difference(
  desired: readonly DesiredRow[],
  held: HeldRows,
  terms: Terms,
): Pieces<Difference> {
  const places = yield* placesOf(desired, held, terms);
  const context: Context = { ...terms, held, places };
  const kept = new Map<TableName, Set<string>>();
  const operations: Operation[] = [];
  const units = new Map<string, Unit>();
  const homeless = new Map<string, Unit>();
  let changed = 0;
  for (const row of desired) {
    yield;
    const place = places.get(placeKey(row.table, keyOf(row.kind, row.id)));
    const unit = unitOf(row);
    const isLeft = terms.isLeft(unit);
    if (!place && !isLeft) homeless.set(unitKey(unit), unit);
    if (!place) continue;
    if (!place.isNew) kept.set(row.table, (kept.get(row.table) ?? new Set()).add(place.id));
    if (isLeft) continue;
    const own = operationsFor(row, place, context);
    if (own.length === 0) continue;
    operations.push(...own);
    units.set(unitKey(unit), unit);
    changed += 1;
  }
  const found = () => ({
    operations,
    changed,
    units: [...units.values()],
    homeless: [...homeless.values()],
  });
  if (terms.isLeft(removal)) return found();
  for (const table of tableNames) {
    const surplus = removals(table, held, kept);
    operations.push(...surplus.operations);
    changed += surplus.count;
    if (surplus.operations.length > 0) units.set(unitKey(removal), removal);
    yield;
  }
  return found();
}

const tableNames: readonly TableName[] = [
  "Logical_Switch",
  "Logical_Switch_Port",
  "DHCP_Options",
  "Logical_Router",
  "Logical_Router_Port",
  "Logical_Router_Static_Route",
  "NAT",
  "Gateway_Chassis",
  "Port_Group",
  "ACL",
  "Address_Set",
];

const placeKey = (table: TableName, key: string): string => `${table}:${key}`;

/** A row that is left as it is has a place only if it is there; so has a part, whose whole will not have it. */
function* placesOf(desired: readonly DesiredRow[], held: HeldRows, { isLeft }: Terms): Pieces<Places> {
  const places = new Map<string, { id: string; isNew: boolean }>();
  const parts = new Set<string>();
  for (const [index, row] of desired.entries()) {
    yield;
    const key = placeKey(row.table, keyOf(row.kind, row.id));
    const id = find(held[row.table], row);
    if (id !== null) places.set(key, { id, isNew: false });
    else if (!isLeft(unitOf(row)) && (tables[row.table].root || parts.has(key)))
      places.set(key, { id: `row${index}`, isNew: true });
    else continue;
    if (!isLeft(unitOf(row))) for (const part of partsOf(row)) parts.add(part);
  }
  return places;
}

function* partsOf({ table, cells }: DesiredRow): Generator<string> {
  for (const column of Object.keys(tables[table].children)) {
    const cell = cells[column];
    if (cell === undefined || !isReferences(cell)) continue;
    for (const key of cell.keys) yield placeKey(cell.to, key);
  }
}

function operationsFor(
  row: DesiredRow,
  place: { id: string; isNew: boolean },
  context: Context,
): Operation[] {
  const current = place.isNew ? undefined : context.held[row.table].rows.get(place.id);
  if (!current) return [insert(row, place.id, context)];
  return change(row, place.id, current, context);
}

function insert(row: DesiredRow, name: string, { places, cloudId }: Context): Operation {
  const cells = Object.entries(row.cells).map(([column, cell]): [string, WireValue] => [
    column,
    isReferences(cell) ? setOf(placed(cell, places)) : toWire(cell),
  ]);
  const external_ids = mapOf(marksOf(row, cloudId));
  return {
    op: "insert",
    table: row.table,
    "uuid-name": name,
    row: { ...Object.fromEntries(cells), external_ids },
  };
}

const marksOf = ({ kind, id, remarks }: DesiredRow, cloudId: string): Readonly<Record<string, string>> => ({
  [cloudKey]: cloudId,
  [kindKey]: kind,
  [idKey]: id,
  ...Object.fromEntries(Object.entries(remarks ?? {}).map(([key, value]) => [`madang:${key}`, value])),
});

/** Whole columns by one update; sets of references and external_ids, which others may add to, by their differences. */
function change(row: DesiredRow, id: string, current: Row, { held, places, cloudId }: Context): Operation[] {
  const where = [["_uuid", "==", uuid(id)]] as const;
  const whole: [string, WireValue][] = [];
  const mutations = marksMutations(row, current, cloudId);
  for (const [column, cell] of Object.entries(row.cells)) {
    if (isReferences(cell)) mutations.push(...referenceMutations(column, cell, current, held, places));
    else if (!same(cell, current[column])) whole.push([column, toWire(cell)]);
  }
  const { table } = row;
  return [
    ...(whole.length > 0 ? [{ op: "update", table, where, row: Object.fromEntries(whole) } as const] : []),
    ...(mutations.length > 0 ? [{ op: "mutate", table, where, mutations } as const] : []),
  ];
}

type Mutations = [string, "insert" | "delete", WireValue][];

function marksMutations(row: DesiredRow, current: Row, cloudId: string): Mutations {
  const cell = current.external_ids;
  const present: Readonly<Record<string, Atom>> = typeof cell === "object" && !isList(cell) ? cell : {};
  const wrong = Object.entries(marksOf(row, cloudId)).filter(([key, value]) => present[key] !== value);
  if (wrong.length === 0) return [];
  const stale = wrong.map(([key]) => key).filter((key) => Object.hasOwn(present, key));
  return [
    ...(stale.length > 0 ? [["external_ids", "delete", setOf(stale)] as Mutations[number]] : []),
    ["external_ids", "insert", mapOf(Object.fromEntries(wrong))],
  ];
}
function referenceMutations(
  column: string,
  cell: References,
  current: Row,
  held: HeldRows,
  places: Places,
): Mutations {
  const wanted = placed(cell, places);
  const present = new Set(textsOf(current, column));
  const keep = new Set(wanted.map(([, id]) => id));
  const missing = wanted.filter(([, id]) => !present.has(id));
  const mayGo = (id: string) => cell.single === true || held[cell.to].ours.has(id);
  const surplus = [...present].filter((id) => !keep.has(id) && mayGo(id));
  return [
    ...(surplus.length > 0 ? [[column, "delete", setOf(surplus.map(uuid))] as Mutations[number]] : []),
    ...(missing.length > 0 ? [[column, "insert", setOf(missing)] as Mutations[number]] : []),
  ];
}

/** A reference to what is not desired either is none. */
function placed({ to, keys }: References, places: Places) {
  return keys.flatMap((key) => {
    const place = places.get(placeKey(to, key));
    if (!place) return [];
    return [place.isNew ? namedUuid(place.id) : uuid(place.id)];
  });
}

/** Left-over rows of a table: roots are deleted, parts are taken out of whatever has them, and then are no more. */
function removals(
  table: TableName,
  held: HeldRows,
  kept: ReadonlyMap<TableName, ReadonlySet<string>>,
): { operations: Operation[]; count: number } {
  const { rows, ours } = held[table];
  const keep = kept.get(table) ?? new Set();
  const surplus = [...ours].filter((id) => !keep.has(id));
  const deletions = tables[table].root
    ? surplus.map((id): Operation => ({ op: "delete", table, where: [["_uuid", "==", uuid(id)]] }))
    : [];
  const foreign = [...rows].filter(([id]) => !ours.has(id) && !keep.has(id));
  const robbed = foreign.flatMap(([id, row]) => takeBack(table, id, row, held));
  return { operations: [...deletions, ...robbed], count: surplus.length + robbed.length };
}

/** Parts of ours in a row that is not. */
function takeBack(table: TableName, id: string, row: Row, held: HeldRows): Operation[] {
  const mutations = Object.entries<TableName>(tables[table].children).flatMap(
    ([column, child]): Mutations => {
      const ours = textsOf(row, column).filter((part) => held[child].ours.has(part));
      return ours.length > 0 ? [[column, "delete", setOf(ours.map(uuid))]] : [];
    },
  );
  return mutations.length > 0 ? [{ op: "mutate", table, where: [["_uuid", "==", uuid(id)]], mutations }] : [];
}

function isReferences(cell: Cell | References): cell is References {
  return typeof cell === "object" && !Array.isArray(cell) && "to" in cell && "keys" in cell;
}

function toWire(cell: Cell): WireValue {
  if (typeof cell !== "object") return cell;
  return isList(cell) ? setOf(cell as readonly WireAtom[]) : mapOf(cell);
}

/** Sets have no order. */
function same(wanted: Cell, current: Cell | undefined): boolean {
  if (current === undefined || typeof wanted !== "object" || typeof current !== "object")
    return wanted === current;
  if (isList(wanted) !== isList(current)) return false;
  const entries = Object.entries(isList(wanted) ? keyed(wanted) : wanted);
  const present = isList(current) ? keyed(current) : current;
  return (
    entries.length === Object.keys(present).length && entries.every(([key, value]) => present[key] === value)
  );
}

const keyed = (atoms: readonly Atom[]): Readonly<Record<string, Atom>> =>
  Object.fromEntries(atoms.map((atom) => [String(atom), atom]));
