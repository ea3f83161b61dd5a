/**
 * `node bench/document.ts`: puts what `bench/results.json` holds into the table of docs/performance.md. Figures that it does
 * not hold, or of which the table has a later measurement, stay as they are.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { cpus, totalmem } from "node:os";
import { fileURLToPath } from "node:url";
import type { Result } from "./figure.ts";
import { figures } from "./figures/index.ts";
import { readResults } from "./results.ts";

const page = fileURLToPath(new URL("../docs/performance.md", import.meta.url));
const [start, end] = ["<!-- results -->", "<!-- /results -->"];
const heads = [
  "| figure | aim | p50 | p95 | max | unit | n | measured | note |",
  "| --- | --- | --- | --- | --- | --- | --- | --- | --- |",
];
/** Figures in the order that they are measured in; what calibrates them comes last. */
const order = [...figures.map(({ name }) => name), "bare.commit"];

type Row = { name: string; day: string; line: string };

function rowOf({ name, unit, n, p50, p95, max, note, measuredAt }: Result): Row {
  const aim = figures.find((figure) => figure.name === name)?.aim;
  const wanted = aim ? `${aim.of} ≤ ${aim.atMost} ${unit}` : "";
  const day = measuredAt.slice(0, 10);
  const cells = [`\`${name}\``, wanted, p50, p95, max, unit, n, day, note.replaceAll("|", "/")];
  return { name, day, line: `| ${cells.join(" | ")} |` };
}

function documented(table: string): Row[] {
  return table.split("\n").flatMap((line) => {
    const cells = line.split("|").map((cell) => cell.trim());
    const name = /^`(.+)`$/.exec(cells[1] ?? "")?.[1];
    return name === undefined ? [] : [{ name, day: cells[8] ?? "", line }];
  });
}

const [before = "", rest = ""] = readFileSync(page, "utf8").split(start);
const [table = "", after = ""] = rest.split(end);
const rows = new Map(documented(table).map((row) => [row.name, row]));
for (const row of readResults().map(rowOf)) {
  const known = rows.get(row.name);
  if (!known || known.day <= row.day) rows.set(row.name, row);
}
const [cpu] = cpus();
const machine = `${cpus().length} cores (${cpu?.model.trim()}), ${Math.round(totalmem() / 1024 ** 3)} GiB`;
const sorted = [...rows.values()].toSorted(
  (left, right) => order.indexOf(left.name) - order.indexOf(right.name),
);
const lines = [machine, "", ...heads, ...sorted.map(({ line }) => line)];
writeFileSync(page, `${before}${start}\n${lines.join("\n")}\n${end}${after}`);
