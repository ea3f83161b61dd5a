import { spawn } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { identityOf, livingPid } from "./living.mjs";
import { takeLock } from "./lock.mjs";

let folder = "";
let file = "";
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "madang-lock-"));
  file = join(folder, "lock");
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

async function withProcess(work) {
  const child = spawn("sleep", ["60"]);
  const ended = new Promise((resolve) => child.once("exit", resolve));
  try {
    return await work(child.pid);
  } finally {
    child.kill("SIGKILL");
    await ended;
  }
}

test("is held until it is released", () => {
  const lock = takeLock(file);
  expect(takeLock(file)).toEqual({ heldBy: process.pid });
  lock.release();
  takeLock(file).release();
  expect(readdirSync(folder)).toEqual([]);
});

test("another living process holds it; once that is dead it is taken over", async () => {
  await withProcess(async (pid) => {
    writeFileSync(file, `${identityOf(pid)}\n`);
    expect(takeLock(file)).toEqual({ heldBy: pid });
  });
  expect(takeLock(file)).toHaveProperty("release");
  expect(readFileSync(file, "utf8").trim()).toBe(identityOf(process.pid));
});

test("a pid that now belongs to another process does not hold it", () => {
  const [pid, start, boot] = identityOf(process.pid).split(" ");
  expect(livingPid(`${pid} ${start} ${boot}`)).toBe(process.pid);
  expect(livingPid(`${pid} ${Number(start) - 1} ${boot}`)).toBe(null);
  expect(livingPid(`${pid} ${start} 00000000-0000-0000-0000-000000000000`)).toBe(null);
  writeFileSync(file, `${pid} ${Number(start) - 1} ${boot}\n`);
  expect(takeLock(file)).toHaveProperty("release");
});

test.each(["", "garbage", "1 null null"])("a lock with %j in it is stale", (text) => {
  writeFileSync(file, text);
  expect(takeLock(file)).toHaveProperty("release");
});

test("of many that find the same stale lock exactly one takes it over, again and again", async () => {
  const rounds = 25;
  const program = `
    import { existsSync, writeFileSync } from "node:fs";
    import { takeLock } from ${JSON.stringify(new URL("./lock.mjs", import.meta.url).href)};
    const [folder] = process.argv.slice(1);
    for (let round = 0; round < ${rounds}; round++) {
      while (!existsSync(folder + "/go-" + round)) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1);
      const lock = takeLock(folder + "/lock-" + round);
      writeFileSync(folder + "/" + (lock.release ? "won" : "lost") + "-" + round + "-" + process.pid, "");
    }
    process.stdin.resume();`;
  const racers = Array.from({ length: 4 }, () =>
    spawn(process.execPath, ["--input-type=module", "-e", program, folder], {
      stdio: ["pipe", "ignore", "inherit"],
    }),
  );
  const ended = racers.map((racer) => new Promise((resolve) => racer.once("exit", resolve)));
  try {
    for (let round = 0; round < rounds; round++) {
      writeFileSync(join(folder, `lock-${round}`), `${process.pid} 1 00000000-0000-0000-0000-000000000000\n`);
      writeFileSync(join(folder, `go-${round}`), "");
      const results = () => readdirSync(folder).filter((name) => name.match(`^(won|lost)-${round}-`));
      while (results().length < racers.length) await new Promise((resolve) => setTimeout(resolve, 2));
      expect(results().filter((name) => name.startsWith("won"))).toHaveLength(1);
    }
  } finally {
    for (const racer of racers) racer.kill("SIGKILL");
    await Promise.all(ended);
  }
});
