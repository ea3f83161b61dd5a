/** `bench/results.json`: the figures of this run replace those of the same name, the others stay. */
import { existsSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { z } from "zod";
import { type Result, resultShape } from "./figure.ts";

const file = fileURLToPath(new URL("results.json", import.meta.url));

export function writeResults(results: readonly Result[]): void {
  const names = new Set(results.map(({ name }) => name));
  const kept = readResults().filter(({ name }) => !names.has(name));
  writeFileSync(`${file}.new`, `${JSON.stringify([...kept, ...results], null, 2)}\n`);
  renameSync(`${file}.new`, file);
}

/** All that was measured here so far; what an older bench wrote is left out. */
export function readResults(): Result[] {
  if (!existsSync(file)) return [];
  const all = z.array(z.unknown()).parse(JSON.parse(readFileSync(file, "utf8")));
  return all.flatMap((one) => resultShape.safeParse(one).data ?? []);
}
