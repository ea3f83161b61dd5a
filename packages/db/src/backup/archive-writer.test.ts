import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { putInPlace } from "./archive-writer.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "madang-archive-"));
});
afterAll(() => rm(folder, { recursive: true }));

async function noLinks(): Promise<void> {
  throw Object.assign(new Error("EPERM: operation not permitted, link"), { code: "EPERM" });
}

test("where a file system has no links, it still appears under its name and replaces nothing", async () => {
  const [temporary, path] = [join(folder, "a.unfinished"), join(folder, "a")];
  await writeFile(temporary, "new");
  await putInPlace(temporary, path, noLinks);
  expect(await readdir(folder)).toEqual(["a"]);
  expect(await readFile(path, "utf8")).toBe("new");
  await writeFile(temporary, "newer");
  await expect(putInPlace(temporary, path, noLinks)).rejects.toThrow(/EEXIST/);
  await expect(putInPlace(temporary, path)).rejects.toThrow(/EEXIST/);
  expect(await readFile(path, "utf8")).toBe("new");
});
