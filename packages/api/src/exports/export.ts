/**
 * What can be had as a file: a table of exports, each with one permission and a stream of rows. A page of rows is one
 * short statement; between two of them an export holds no connection, however slowly it is read.
 */
import type { Permission } from "@madang/core/identity/permission";
import type { Database } from "@madang/db";
import type { z } from "zod";

export type ExportValue = string | number | boolean | null;
export type ExportRow = Readonly<Record<string, ExportValue>>;

/** `P`: what the query of the address must parse to; a query's values are text, or lists of texts. */
export type ExportKind<P> = {
  permission: Permission;
  /** The procedure that shows the same rows: an application credential that may call it may have the file. */
  path: string;
  input: z.ZodType<P>;
  /** In the order of the file; a row that lacks one has an empty cell. */
  columns: readonly string[];
  pages: (database: Database, input: P) => AsyncIterable<ExportRow[]>;
};

/** An export whose input was not parsed yet. */
export type AnyExport = Pick<ExportKind<never>, "permission" | "path" | "columns"> & {
  open: (database: Database, query: unknown) => AsyncIterable<ExportRow[]>;
};

/** `open` throws what zod throws for a query that is none of its input. */
export function exportOf<P>({ permission, path, columns, input, pages }: ExportKind<P>): AnyExport {
  return {
    permission,
    path,
    columns,
    open: (database, query) => pages(database, input.parse(query)),
  };
}

/** Rows a statement: few statements, and some megabytes held by an export that is read slowly. */
export const exportPage = 5_000;
