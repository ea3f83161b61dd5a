/**
 * Sends a file as fast as it is taken. It ends, cut off in the middle, when he who asked may no longer have it, goes, or
 * takes nothing for a while; what holds it meanwhile is a page of rows, and no connection to the database.
 */
import type { ServerResponse } from "node:http";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { OpenedExport } from "@madang/api/server";
import { CloudError, type ErrorCode } from "@madang/core/errors";
import { type ExportFormat, fileText } from "./export-file.ts";

/** How often it is asked again whether he may, and how long nothing may be taken, ms. */
export type ExportPatience = { judgeEveryMs: number; stallMs: number };
export const exportPatience: ExportPatience = { judgeEveryMs: 1_000, stallMs: 60_000 };

const denials: readonly ErrorCode[] = ["Unauthenticated", "Forbidden", "NotFound"];

/** Answers the number of rows when all were sent; throws what cut it off. */
export async function sendExport(
  opened: Pick<OpenedExport, "columns" | "pages" | "judgeAgain">,
  format: ExportFormat,
  response: ServerResponse,
  { judgeEveryMs, stallMs }: ExportPatience = exportPatience,
): Promise<number> {
  const ending = new AbortController();
  const progress = { rows: 0, at: performance.now() };
  const timer = setInterval(() => {
    if (performance.now() - progress.at > stallMs) ending.abort(stalled());
    opened.judgeAgain().catch((error: unknown) => {
      // Without the database nothing new is read either: the next look decides.
      if (error instanceof CloudError && denials.includes(error.code)) ending.abort(error);
    });
  }, judgeEveryMs);
  const text = fileText[format](opened.columns, counted(opened.pages, progress));
  try {
    await pipeline(Readable.from(text), response, { signal: ending.signal });
    return progress.rows;
  } catch (error) {
    throw ending.signal.aborted ? ending.signal.reason : error;
  } finally {
    clearInterval(timer);
  }
}

async function* counted<Row>(pages: AsyncIterable<Row[]>, progress: { rows: number; at: number }) {
  for await (const rows of pages) {
    progress.at = performance.now();
    progress.rows += rows.length;
    yield rows;
  }
}

function stalled(): CloudError {
  return new CloudError("Unavailable", "The file was not taken.", { reason: "exportStalled" });
}
