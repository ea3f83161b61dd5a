/** The results as people read them. */
import type { Figure, Result } from "./figure.ts";

const heads = ["figure", "n", "p50", "p95", "max", "aim", ""] as const;

export function printTable(results: readonly Result[], figures: readonly Figure[]): void {
  const rows = results.map((result) => {
    const aim = figures.find(({ name }) => name === result.name)?.aim ?? null;
    const { name, unit, n, p50, p95, max } = result;
    const shown = [p50, p95, max].map((value) => `${value} ${unit}`);
    return [name, String(n), ...shown, aim ? `${aim.of} ≤ ${aim.atMost}` : "", verdict(result, aim)];
  });
  const widths = heads.map((head, index) =>
    Math.max(head.length, ...rows.map((row) => row[index]?.length ?? 0)),
  );
  const line = (row: readonly string[]) =>
    row
      .map((cell, index) => cell.padEnd(widths[index] ?? 0))
      .join("  ")
      .trimEnd();
  console.log(`\n${line(heads)}`);
  rows.forEach((row, index) => {
    console.log(line(row));
    const note = results[index]?.note;
    if (note) console.log(`    ${note}`);
  });
}

function verdict(result: Result, aim: Figure["aim"]): string {
  if (!aim) return "";
  return result[aim.of] <= aim.atMost ? "✓" : "✗";
}
