import { mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { contentHash } from "./content-hash.mjs";

let folder = "";
const hash = () => contentHash(folder, ["src", "lock"], { skip: (name) => name === "node_modules" });

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "madang-hash-"));
  mkdirSync(join(folder, "src/node_modules"), { recursive: true });
  writeFileSync(join(folder, "src/a.ts"), "one");
  writeFileSync(join(folder, "lock"), "1");
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

test("stays the same for the same names and contents", () => {
  const before = hash();
  writeFileSync(join(folder, "src/a.ts"), "one");
  expect(hash()).toBe(before);
});

test.each([
  ["a content", () => writeFileSync(join(folder, "src/a.ts"), "two")],
  ["a name", () => renameSync(join(folder, "src/a.ts"), join(folder, "src/b.ts"))],
  ["a new file", () => writeFileSync(join(folder, "src/c.ts"), "")],
  ["the lock file", () => writeFileSync(join(folder, "lock"), "2")],
])("changes with %s", (_name, change) => {
  const before = hash();
  change();
  expect(hash()).not.toBe(before);
});

test("ignores what is skipped", () => {
  const before = hash();
  writeFileSync(join(folder, "src/node_modules/x.js"), "");
  expect(hash()).toBe(before);
});
