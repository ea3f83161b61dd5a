import { spawnSync } from "node:child_process";
import { appendFileSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { openLog, tendLog } from "./log-file.mjs";

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

// Mounting takes root, and more than a container's root.
const mounts = process.getuid() === 0 && spawnSync("unshare", ["--mount", "true"]).status === 0;

test.skipIf(!mounts)("goes on when the disk is full, and says afterwards how much is lost", () => {
  const mount = spawnSync("mount", ["-t", "tmpfs", "-o", "size=64k", "none", folder], { encoding: "utf8" });
  expect(mount.stderr).toBe("");
  try {
    const log = openLog(join(folder, "web.log"), 40_000);
    log.write(Buffer.from("before\n"));
    const filler = join(folder, "filler");
    writeFileSync(filler, "");
    expect(() => {
      for (;;) appendFileSync(filler, Buffer.alloc(4_096, 1));
    }).toThrow("ENOSPC");
    const line = Buffer.alloc(30_000, "x");
    for (let count = 0; count < 5; count++) log.write(line);
    rmSync(filler);
    log.write(Buffer.from("after\n"));
    log.close();
    const all = readdirSync(folder).map((name) => readFileSync(join(folder, name), "utf8"));
    expect(all.join("")).toMatch(/the disk was full: \d+ bytes of this log are lost]\nafter\n/);
  } finally {
    spawnSync("umount", [folder]);
  }
});

test("a log that a process writes by itself is read line by line from its end on, and kept small", () => {
  const file = join(folder, "switch.log");
  writeFileSync(file, "older\n");
  const heard = [];
  const end = tendLog(file, { heed: (line) => heard.push(line), limit: 20 });
  appendFileSync(file, "first\nsec");
  appendFileSync(file, "ond and long\nhalf");
  end();
  expect(heard).toEqual(["first", "second and long"]);
  expect(readFileSync(file, "utf8")).toBe("");
  expect(readFileSync(`${file}.1`, "utf8")).toBe("older\nfirst\nsecond and long\nhalf");
});
