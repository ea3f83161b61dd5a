/** A list of the portal as a file: the same rows, filtered and sorted as they are shown there. */
import type { Permission } from "@madang/core/identity/permission";
import type { Database } from "@madang/db";
import { z } from "zod";
import { filterText, type Page, type PageInput, pageInput } from "../list.ts";
import { type AnyExport, type ExportRow, type ExportValue, exportOf } from "./export.ts";

/** Rows a statement, as many as a list gives at once. */
const pageRows = 500;

/** An address has words only: several statuses stand in one, with commas. */
export const statusWords = z
  .string()
  .transform((text) => text.split(","))
  .pipe(z.array(filterText).max(20))
  .optional();

type Shown<Filter, Item> = {
  permission: Permission;
  /** The procedure that shows the same rows. */
  path: string;
  /** What of the list's filter the address can say; each value of it is a text there. */
  filter: z.ZodType<Filter>;
  /** Of the file, in their order. */
  columns: Readonly<Record<string, (item: Item) => ExportValue>>;
};

type Read<Filter, Item> = (input: PageInput & { filter: Filter }) => Promise<Page<Item>>;

/** What a project has. */
export function projectList<Filter, Item>({
  list,
  ...shown
}: Shown<Filter, Item> & {
  list: (database: Database, projectId: string, input: PageInput & { filter: Filter }) => Promise<Page<Item>>;
}): AnyExport {
  return exportOf({
    ...asked(shown),
    input: z.intersection(z.object({ projectId: z.uuid(), sort: pageInput.sort }), shown.filter),
    pages: (database, input) =>
      pagesOf(shown.columns, (page) => list(database, input.projectId, page), input.sort, input),
  });
}

/** What the whole cloud has. */
export function cloudList<Filter, Item>({
  list,
  ...shown
}: Shown<Filter, Item> & {
  list: (database: Database, input: PageInput & { filter: Filter }) => Promise<Page<Item>>;
}): AnyExport {
  return exportOf({
    ...asked(shown),
    input: z.intersection(z.object({ sort: pageInput.sort }), shown.filter),
    pages: (database, input) => pagesOf(shown.columns, (page) => list(database, page), input.sort, input),
  });
}

function asked<Filter, Item>({ permission, path, columns }: Shown<Filter, Item>) {
  return { permission, path, columns: Object.keys(columns) };
}

async function* pagesOf<Filter, Item>(
  columns: Shown<Filter, Item>["columns"],
  read: Read<Filter, Item>,
  sort: string | undefined,
  filter: Filter,
): AsyncGenerator<ExportRow[]> {
  for (let cursor: string | null = null; ; ) {
    const page: Page<Item> = await read({ filter, sort, cursor, limit: pageRows });
    yield page.items.map((item) =>
      Object.fromEntries(Object.entries(columns).map(([name, of]) => [name, of(item)])),
    );
    if (page.nextCursor === null) return;
    cursor = page.nextCursor;
  }
}
