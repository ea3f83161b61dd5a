import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { openLog } from "./log-file.mjs";

let folder = "";
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "madang-log-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

test("keeps the newest three old files and never more", () => {
  const log = openLog(join(folder, "web.log"), 10);
  for (let number = 0; number < 9; number++) log.write(Buffer.from(`line ${number}\n`));
  log.close();
  expect(readdirSync(folder).toSorted()).toEqual(["web.log", "web.log.1", "web.log.2", "web.log.3"]);
  expect(readFileSync(join(folder, "web.log"), "utf8")).toBe("line 8\n");
  expect(readFileSync(join(folder, "web.log.3"), "utf8")).toBe("line 5\n");
});

test("appends to what an earlier run wrote", () => {
  for (const text of ["a", "b"]) {
    const log = openLog(join(folder, "web.log"));
    log.write(Buffer.from(text));
    log.close();
  }
  expect(readFileSync(join(folder, "web.log"), "utf8")).toBe("ab");
});
