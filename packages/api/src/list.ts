/** Every list of the API: filter, sort, keyset cursor over (sort value, id), total exact to 10,000. */
import { CloudError } from "@madang/core/errors";
import { filterLimits } from "@madang/core/filter/term";
import type { Database } from "@madang/db";
import { z } from "zod";
import { allOf, bind, literal, type Sql, sql } from "./sql.ts";

export const countLimit = 10_000;

/** `sort`: a name of the list's own, with `-` before it for descending. */
export const pageInput = {
  sort: z.string().max(40).optional(),
  limit: z.int().min(1).max(500).default(50),
  cursor: z.string().max(2_000).nullish(),
};

/** PostgreSQL's text holds everything but NUL; its JSON, where changes are written down, no half of a character either. */
const storable = (length: number) =>
  z
    .string()
    .max(length)
    .refine((text) => !text.includes("\0") && text.isWellFormed(), { error: "textCharacters" });
export const filterText = storable(255);

/** The text of a filter (`docs/api.md`). */
export const listText = storable(filterLimits.length);

export type Page<Item> = { items: Item[]; nextCursor: string | null; total: number; totalIsExact: boolean };
export type PageInput = { sort?: string | undefined; limit: number; cursor?: string | null | undefined };

/** A sortable column and its type; both are of our own source. */
export type SortColumn = { column: string; type: "text" | "timestamptz" | "int" | "bigint" | "inet" };

export type ListQuery<Row, Item> = {
  select: string;
  from: string;
  /**
   * Tables that add columns to rows of `from` and leave none out, where `from` is one table and `where`, `sorts` and `id`
   * are of it alone: then only the page's rows are joined, after they were found.
   */
  joins?: string;
  id: string;
  sorts: Readonly<Record<string, SortColumn>>;
  defaultSort: string;
  where: readonly Sql[];
  toItem: (row: Row) => Item;
};

type Keyed = { sortValue: string; sortId: string };
const cursorParts = z.tuple([z.string(), z.string(), z.string()]);

export async function listPage<Row extends object, Item>(
  database: Database,
  query: ListQuery<Row, Item>,
  input: PageInput,
): Promise<Page<Item>> {
  const [page, counted] = await Promise.all([readPage(database, query, input), countUpTo(database, query)]);
  return { ...page, total: Math.min(counted, countLimit), totalIsExact: counted <= countLimit };
}

/** A page at a time to the end, each in a statement of its own: what reads slowly holds nothing meanwhile. */
export async function* allPages<Row extends object, Item>(
  database: Database,
  query: ListQuery<Row, Item>,
  input: PageInput,
): AsyncGenerator<Item[]> {
  for (let cursor = input.cursor ?? null; ; ) {
    const page = await readPage(database, query, { ...input, cursor });
    yield page.items;
    if (page.nextCursor === null) return;
    cursor = page.nextCursor;
  }
}

async function readPage<Row extends object, Item>(
  database: Database,
  query: ListQuery<Row, Item>,
  input: PageInput,
): Promise<Pick<Page<Item>, "items" | "nextCursor">> {
  const sort = input.sort ?? query.defaultSort;
  const name = sort.replace(/^-/, "");
  const column = Object.hasOwn(query.sorts, name) ? query.sorts[name] : undefined;
  if (!column)
    throw new CloudError("InvalidInput", "This list can't be sorted so.", {
      reason: "unknownSort",
      field: "sort",
    });
  const where = allOf([...query.where, ...after(query.id, column, sort, input.cursor)]);
  const direction = literal(sort.startsWith("-") ? "DESC" : "ASC");
  const [by, id] = [literal(column.column), literal(query.id)];
  const order = sql`ORDER BY ${by} ${direction}, ${id} ${direction}`;
  const { rows } = await database.pool
    .query<Row & Keyed>(
      bind(sql`SELECT ${literal(query.select)}, ${by}::text AS "sortValue", ${id}::text AS "sortId"
      FROM ${rowsOf(query, where, order, input.limit + 1)}`),
    )
    .catch((error: unknown) => {
      // Well formed, but with a value that is none of this column's type (SQLSTATE class 22).
      throw input.cursor && isDataException(error) ? badCursor(error) : error;
    });
  const page = rows.slice(0, input.limit);
  const last = page.at(-1);
  const more = rows.length > input.limit && last;
  return {
    items: page.map(query.toItem),
    nextCursor: more ? encodeCursor([sort, last.sortValue, last.sortId]) : null,
  };
}

function rowsOf<Row, Item>(
  { from, joins, id }: ListQuery<Row, Item>,
  where: Sql,
  order: Sql,
  limit: number,
): Sql {
  const found = sql`${literal(from)} WHERE ${where} ${order} LIMIT ${limit}`;
  if (joins === undefined) return found;
  const alias = literal(id.slice(0, id.indexOf(".")));
  return sql`(SELECT ${alias}.* FROM ${found}) AS ${alias} ${literal(joins)} ${order}`;
}

async function countUpTo<Row, Item>(database: Database, query: ListQuery<Row, Item>): Promise<number> {
  const { rows } = await database.pool.query<{ count: number }>(
    bind(sql`SELECT count(*)::int AS count FROM (SELECT 1 FROM ${literal(query.from)}
      WHERE ${allOf(query.where)} LIMIT ${countLimit + 1}) AS counted`),
  );
  return rows[0]?.count ?? 0;
}

function after(idColumn: string, { column, type }: SortColumn, sort: string, cursor?: string | null): Sql[] {
  if (!cursor) return [];
  const [of, value, id] = decodeCursor(cursor);
  if (of !== sort) throw badCursor();
  const idType = idColumn.endsWith("event.id") ? "bigint" : "uuid";
  const beyond = literal(sort.startsWith("-") ? "<" : ">");
  return [
    sql`(${literal(column)}, ${literal(idColumn)}) ${beyond} (${value}::text::${literal(type)}, ${id}::text::${literal(idType)})`,
  ];
}

function encodeCursor(parts: readonly string[]): string {
  return Buffer.from(JSON.stringify(parts)).toString("base64url");
}

function decodeCursor(cursor: string): [string, string, string] {
  try {
    return cursorParts.parse(JSON.parse(Buffer.from(cursor, "base64url").toString()));
  } catch (cause) {
    throw badCursor(cause);
  }
}

function isDataException(error: unknown): boolean {
  return error instanceof Error && "code" in error && String(error.code).startsWith("22");
}

function badCursor(cause?: unknown): CloudError {
  return new CloudError("InvalidInput", "This page marker is not ours. Start at the first page.", {
    reason: "badCursor",
    field: "cursor",
    cause,
  });
}
