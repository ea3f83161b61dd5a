import { parse } from "csv-parse/sync";
import { expect, test } from "vitest";
import { fileText } from "./export-file.ts";

async function csvOf(...values: string[]): Promise<string> {
  async function* pages() {
    yield values.map((value) => ({ before: "first", value, after: "last" }));
  }
  let text = "";
  for await (const part of fileText.csv(["before", "value", "after"], pages())) text += part;
  return text;
}

const formula = /^[\s"]*[=+\-@＝＋－＠]/;

test.each([
  "=1+1",
  "x;=1+1",
  "x; =1+1",
  'x;"=1+1"',
  'x;""=1+1',
  "x\t=1",
  "x\r\n+1",
  ";@SUM(1)",
  "x;-2;=3",
  "x;＝1",
])("no cell is a formula, wherever a spreadsheet splits: %j", async (value) => {
  const text = await csvOf(value);
  const [, ...cells] = parse(text, { bom: true }).flat();
  for (const cell of cells) expect(cell).not.toMatch(formula);
  // Where the comma is the decimal mark, a line is split at semicolons, and quotes in the middle of it mean nothing.
  for (const cell of text.split(/[;\t\r\n]/)) expect(cell).not.toMatch(formula);
});

test.each(["plain", "a; b", "a - b; c = d", "a;b=c", "x;1-2", '"quoted", name', "한글; 이름", "two\nlines"])(
  "any other text stays as it is: %j",
  async (value) => {
    const [, row] = parse(await csvOf(value), { bom: true });
    expect(row).toEqual(["first", value, "last"]);
  },
);
