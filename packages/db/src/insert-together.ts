import type { Tx } from "./client.ts";
import { Prisma, type Prisma as PrismaTypes } from "./generated/client.ts";

type Row = {
  /** null in JSON is NULL here. */
  instance: Omit<PrismaTypes.InstanceCreateManyInput, "imageSource"> & { imageSource?: object | null };
  operation: PrismaTypes.OperationCreateManyInput;
  event: Omit<PrismaTypes.EventCreateManyInput, "id" | "createdAt">;
};
/** Its rows all have the same fields: a column that one leaves out would be NULL there, and not its default. */
type NewRows = { [Table in keyof Row]: { table: Table; rows: readonly Row[Table][] } }[keyof Row];

/** New rows of several tables in one statement, however many: a statement costs more than a row. */
export async function insertTogether(tx: Tx, parts: readonly NewRows[]): Promise<void> {
  const inserts = parts.flatMap((part, index) => {
    const [first] = part.rows;
    return first
      ? [Prisma.sql`${Prisma.raw(`part_${index}`)} AS (${insertOf(part.table, first, part.rows)})`]
      : [];
  });
  if (inserts.length > 0) await tx.$executeRaw`WITH ${Prisma.join(inserts)} SELECT`;
}

/** Names are of our own types, never anybody's input. */
function insertOf(table: string, first: object, rows: readonly object[]): Prisma.Sql {
  const columns = Object.keys(first).map((field) => [field, columnOf(field)] as const);
  const named = JSON.stringify(rows.map((row) => renamed(table, row, new Map(columns))));
  const into = Prisma.raw(`"${table}"`);
  const list = Prisma.raw(columns.map(([, column]) => `"${column}"`).join(", "));
  return Prisma.sql`INSERT INTO ${into} (${list})
    SELECT ${list} FROM jsonb_populate_recordset(NULL::${into}, ${named}::jsonb)`;
}

function renamed(table: string, row: object, columns: ReadonlyMap<string, string>): object {
  const entries = Object.entries(row).map(([field, value]) => [columns.get(field), value] as const);
  if (entries.length !== columns.size || entries.some(([column]) => column === undefined))
    throw new TypeError(`rows of ${table} have different fields`);
  return Object.fromEntries(entries);
}

function columnOf(field: string): string {
  return field.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}
