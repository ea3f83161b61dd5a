/** Rows as a file; what holds them meanwhile is a page of rows, and no connection to the database. */
import type { ServerResponse } from "node:http";
import { Readable } from "node:stream";
import type { OpenedExport } from "@madang/api/server";
import { type ExportFormat, fileText } from "./export-file.ts";
import { type Patience, patience, sendWatched } from "./watched.ts";

/** Answers the number of rows when all were sent; throws what cut it off. */
export async function sendExport(
  opened: Pick<OpenedExport, "columns" | "pages" | "judgeAgain">,
  format: ExportFormat,
  response: ServerResponse,
  limits: Patience = patience,
): Promise<number> {
  const { columns, pages, judgeAgain } = opened;
  let sent = 0;
  async function* counted(moved: () => void) {
    for await (const rows of pages) {
      moved();
      sent += rows.length;
      yield rows;
    }
  }
  const source = (moved: () => void) => Readable.from(fileText[format](columns, counted(moved)));
  await sendWatched({ source, judgeAgain }, response, limits);
  return sent;
}
