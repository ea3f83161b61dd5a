/** Rows as text, a page at a time. Whatever somebody called himself is a word in a spreadsheet, never a formula. */
import type { ExportRow } from "@madang/api/server";
import { stringify } from "csv-stringify/sync";

export const exportFormats = ["csv", "json"] as const;
export type ExportFormat = (typeof exportFormats)[number];

export const contentTypes: Record<ExportFormat, string> = {
  csv: "text/csv; charset=utf-8; header=present",
  json: "application/json; charset=utf-8",
};

type Pages = AsyncIterable<readonly ExportRow[]>;

export const fileText: Record<
  ExportFormat,
  (columns: readonly string[], pages: Pages) => AsyncGenerator<string>
> = {
  csv: csvText,
  json: jsonText,
};

/** RFC 4180 with a byte order mark: without one spreadsheets take UTF-8 for something else. */
async function* csvText(columns: readonly string[], pages: Pages): AsyncGenerator<string> {
  const settings = { columns: [...columns], record_delimiter: "windows", escape_formulas: true } as const;
  yield `\uFEFF${stringify([], { ...settings, header: true })}`;
  for await (const rows of slices(pages)) yield stringify(rows.map(withoutFormulas), settings);
}

/** As many rows as are written in a moment: meanwhile nobody else is answered. */
const slice = 500;

async function* slices(pages: Pages): AsyncGenerator<readonly ExportRow[]> {
  for await (const rows of pages) {
    for (let at = 0; at < rows.length; at += slice) yield rows.slice(at, at + slice);
  }
}

/**
 * What the library leaves: a line feed before the formula, which some spreadsheets skip; and a formula after a character at
 * which some split a cell, as those do that are set to a language in which the comma is the decimal mark.
 */
const splitFormula = /([;\t\r\n])([\s"]*)(?=[=+\-@＝＋－＠])/g;

function withoutFormulas(row: ExportRow): ExportRow {
  return Object.fromEntries(
    Object.entries(row).map(([name, value]) => [name, typeof value === "string" ? plainText(value) : value]),
  );
}

function plainText(value: string): string {
  const whole = value.startsWith("\n") ? `'${value}` : value;
  return whole.replace(splitFormula, "$1$2'");
}

/** One array, a line a row. */
async function* jsonText(_columns: readonly string[], pages: Pages): AsyncGenerator<string> {
  let before = "[\n";
  for await (const rows of slices(pages)) {
    yield before + rows.map((row) => JSON.stringify(row)).join(",\n");
    before = ",\n";
  }
  yield before === "[\n" ? "[]\n" : "\n]\n";
}
