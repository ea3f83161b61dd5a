import type { FilterFields } from "@madang/core/filter/field";
import { parseFilter } from "@madang/core/filter/parse";
import type { Term } from "@madang/core/filter/term";
import { testsOf, type ValueTest } from "@madang/core/filter/test-of";
import { containing, literal, type Sql, sql } from "../sql.ts";

/** Where a field's values are: asks the test of its column, or of any of those in another table. */
export type Place = (test: (column: Sql) => Sql) => Sql;

/** What a list can be asked: `free` looks for a bare word wherever the list always looked. */
export type ListFilter<Fields extends FilterFields = FilterFields> = {
  fields: Fields;
  places: Readonly<Record<keyof Fields & string, Place>>;
  free: (text: string) => Sql;
};

/** A column, or an expression, of our own source. */
export function at(column: string): Place {
  return (test) => test(literal(column));
}

/** Any row of `from` (tables and the condition that ties them to the list's row): `among("port p WHERE p.x = i.id", "p.mac")`. */
export function among(from: string, column: string): Place {
  return (test) => sql`EXISTS (SELECT 1 FROM ${literal(from)} AND ${test(literal(column))})`;
}

export function anyOf(...places: readonly Place[]): Place {
  return (test) => either(places.map((place) => place(test)));
}

/** The clauses of a filter's text, all of which hold. Throws CloudError InvalidInput as `parseFilter` and `testsOf` do. */
export function filterClauses(text: string | undefined, list: ListFilter, now = new Date()): Sql[] {
  return text ? parseFilter(text).map((term) => clauseOf(term, list, now)) : [];
}

function clauseOf(term: Term, list: ListFilter, now: Date): Sql {
  const found = positive(term, list, now);
  // Where nothing is known, it is not what was asked to be left out.
  return term.negated ? sql`(${found}) IS NOT TRUE` : found;
}

function positive(term: Term, { fields, places, free }: ListFilter, now: Date): Sql {
  if (term.field === null) return free(term.values[0]?.text ?? "");
  const tests = testsOf(term, fields, now);
  const place = places[term.field];
  if (!place) return sql`FALSE`;
  const values = tests.filter((test): test is Valued => test.is !== "nothing");
  // All of them in one place: another table is then read once, however many values are named.
  const found =
    values.length > 0 ? [place((column) => either(values.map((test) => compare(test, column))))] : [];
  const empty = sql`(${place((column) => sql`${column}::text NOT IN ('', '{}')`)}) IS NOT TRUE`;
  return either(values.length < tests.length ? [...found, empty] : found);
}

type Valued = Exclude<ValueTest, { is: "nothing" }>;

function compare(test: Valued, column: Sql): Sql {
  switch (test.is) {
    case "containing":
      return sql`${column} ILIKE ${containing(test.text)}`;
    case "equal":
      return sql`lower(${column}) = lower(${test.text}::text)`;
    case "word":
      return sql`${column}::text = ${test.text}::text`;
    case "starting":
      return sql`host(${column}) LIKE ${containing(test.text).slice(1)}`;
    case "within":
      return sql`${column} <<= ${test.cidr}::inet`;
    case "ids":
      return sql`${column} BETWEEN ${test.first}::uuid AND ${test.last}::uuid`;
    case "flag":
      return sql`${column} = ${test.on}`;
    case "numbers":
      return sql`${column} ${literal(test.comparison)} ${test.than}::float8`;
    case "property":
      return property(test, column);
    case "times":
      return times(test, column);
  }
}

function property({ key, value }: { key: string; value: string | null }, column: Sql): Sql {
  if (value === null) return sql`${column} ? ${key}::text`;
  return sql`${column} ->> ${key}::text ILIKE ${containing(value)}`;
}

function times({ from, to }: { from: Date | null; to: Date | null }, column: Sql): Sql {
  const after = from === null ? sql`TRUE` : sql`${column} >= ${from}::timestamptz`;
  return to === null ? after : sql`${after} AND ${column} < ${to}::timestamptz`;
}

function either(clauses: readonly Sql[]): Sql {
  return sql`(${clauses.reduce((all, clause) => sql`${all} OR (${clause})`, sql`FALSE`)})`;
}
