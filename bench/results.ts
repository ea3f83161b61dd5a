/** `bench/results.json`: the figures of this run replace those of the same name, the others stay. */
import { existsSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { Result } from "./figure.ts";

const file = fileURLToPath(new URL("results.json", import.meta.url));

export function writeResults(results: readonly Result[]): void {
  const names = new Set(results.map(({ name }) => name));
  const kept = earlier().filter(({ name }) => !names.has(name));
  writeFileSync(`${file}.new`, `${JSON.stringify([...kept, ...results], null, 2)}\n`);
  renameSync(`${file}.new`, file);
}

function earlier(): Result[] {
  return existsSync(file) ? JSON.parse(readFileSync(file, "utf8")) : [];
}
