import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { wrapped } from "./child.mjs";
import { livingPidIn } from "./living.mjs";
import { createSupervisor } from "./supervisor.mjs";
import { until } from "./waiting.mjs";

const env = { PATH: process.env.PATH ?? "" };
const seconds = 30;

let data = "";
let said = [];
let supervisor;

beforeEach(() => {
  data = mkdtempSync(join(tmpdir(), "madang-supervisor-"));
  said = [];
  supervisor = createSupervisor({ data, say: (text) => said.push(text) });
});
afterEach(async () => {
  await supervisor.stop();
  rmSync(data, { recursive: true, force: true });
});

/** A process that writes its name to the file `trace` when it stops by `signal`. */
function tracing(name, { signal = "TERM", ...more } = {}) {
  const script = `trap 'echo ${name} ${signal} >> ${data}/trace; exit 0' ${signal}; touch ${data}/${name}.up; while :; do sleep 0.05; done`;
  return {
    name,
    command: "sh",
    args: ["-c", script],
    env,
    ready: () => existsSync(`${data}/${name}.up`),
    ...more,
  };
}

const pidOf = (name) => livingPidIn(`${data}/run/${name}.pid`);
const trace = () => readFileSync(`${data}/trace`, "utf8").trim().split("\n");

test("starts in order, stops in reverse order, and leaves nothing", async () => {
  for (const name of ["one", "two", "three"]) await supervisor.start(tracing(name));
  const pids = supervisor.pids();
  await supervisor.stop();
  expect(trace()).toEqual(["three TERM", "two TERM", "one TERM"]);
  for (const pid of pids) expect(() => process.kill(pid, 0)).toThrow("ESRCH");
});

test("a process that dies is started again, and it is said", async () => {
  await supervisor.start(tracing("phoenix"));
  const first = pidOf("phoenix");
  process.kill(first, "SIGKILL");
  const second = await until(() => pidOf("phoenix") !== first && pidOf("phoenix"), { seconds });
  expect(second).toBeGreaterThan(0);
  expect(said.join()).toContain("phoenix ended (SIGKILL); starting it again in 1 s");
});

test("one that never comes up is a fault with the tail of its log", async () => {
  const broken = {
    name: "broken",
    command: "sh",
    args: ["-c", "echo the reason >&2; exit 3"],
    env,
    ready: () => false,
  };
  await expect(supervisor.start(broken)).rejects.toMatchObject({
    message: "broken could not be started: it ends again and again (exit code 3).",
    tail: expect.stringContaining("the reason"),
  });
});

test("a command that does not exist is a fault too", async () => {
  const missing = { name: "missing", command: "/nowhere/program", env, ready: () => false };
  await expect(supervisor.start(missing)).rejects.toMatchObject({ name: "Fault" });
});

test("one that ignores its stop signal is killed, with its children", async () => {
  const script = `trap '' TERM; sleep 300 & echo $! > ${data}/inner; touch ${data}/up; while :; do sleep 0.05; done`;
  const ready = () => existsSync(`${data}/up`);
  await supervisor.start({ name: "deaf", command: "sh", args: ["-c", script], env, ready, stopSeconds: 1 });
  const inner = Number(readFileSync(`${data}/inner`, "utf8"));
  await supervisor.stop();
  expect(said).toContain("deaf did not stop by itself and was killed.");
  expect(await until(() => !existsSync(`/proc/${inner}`), { seconds })).toBe(true);
});

test("draining comes before the stop, and a second stop cuts it short", async () => {
  await supervisor.start(tracing("drained", { signal: "USR2", drainSignal: "SIGUSR2" }));
  await supervisor.stop();
  expect(trace()).toEqual(["drained USR2"]);

  supervisor = createSupervisor({ data, say: (text) => said.push(text) });
  await supervisor.start(tracing("stuck", { drainSignal: "SIGURG", drainSeconds: 600 }));
  const stopped = supervisor.stop();
  await until(() => said.some((text) => text.includes("Stopping stuck")), { seconds });
  await supervisor.stop();
  await stopped;
  expect(trace()).toEqual(["drained USR2", "stuck TERM"]);
});

/** A supervisor in a process of its own, so that it can be killed. */
async function separate(definitions) {
  const url = new URL("./supervisor.mjs", import.meta.url);
  const code = `import { createSupervisor } from ${JSON.stringify(url.href)};
    const supervisor = createSupervisor({ data: ${JSON.stringify(data)}, say: () => {} });
    for (const definition of ${JSON.stringify(definitions)}) await supervisor.start(definition);
    setInterval(() => {}, 1000);
    console.log("up");`;
  const child = spawn(process.execPath, ["--input-type=module", "-e", code], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  await new Promise((resolve) => child.stdout.once("data", resolve));
  return child;
}

test("killed with -9 its processes end, but one that survives is adopted, watched and stopped by the next", async () => {
  const mortal = { name: "mortal", command: "sleep", args: ["300"], env };
  const survivor = { name: "survivor", command: "sleep", args: ["300"], env, survives: true };
  const child = await separate([mortal, survivor]);
  const old = { mortal: pidOf("mortal"), survivor: pidOf("survivor") };
  child.kill("SIGKILL");
  expect(await until(() => pidOf("mortal") === null, { seconds })).toBe(true);
  expect(pidOf("survivor")).toBe(old.survivor);

  await supervisor.start(mortal);
  await supervisor.start(survivor);
  expect(pidOf("mortal")).not.toBe(old.mortal);
  expect(pidOf("survivor")).toBe(old.survivor);
  process.kill(old.survivor, "SIGKILL");
  expect(
    await until(() => pidOf("survivor") !== old.survivor && pidOf("survivor"), { seconds }),
  ).toBeGreaterThan(0);
  await supervisor.stop();
  expect([pidOf("mortal"), pidOf("survivor")]).toEqual([null, null]);
});

test("a child whose supervisor died before the kernel was asked to tell it does not begin", async () => {
  const begun = async (parent) => {
    const file = `${data}/begun-${parent}`;
    const [command, args] = wrapped({ command: "touch", args: [file] }, parent);
    const child = spawn(command, args, { env });
    const code = await new Promise((resolve) => child.once("exit", resolve));
    return { code, begun: existsSync(file) };
  };
  expect(await begun(process.pid)).toEqual({ code: 0, begun: true });
  // As it looks to one whose parent is gone: it is another's now.
  expect(await begun(process.ppid)).toEqual({ code: 70, begun: false });
});

test("one that survives tells of its end, is back at once, and what it logs is heeded", async () => {
  let ends = 0;
  const heard = [];
  const loud = ["sh", ["-c", "echo here I am; exec sleep 600"]];
  await supervisor.start({
    ...{ name: "switch", command: loud[0], args: loud[1], env },
    ...{ survives: true, restartMs: 0, heed: (line) => heard.push(line) },
    ended: () => {
      ends += 1;
    },
  });
  await until(() => heard.length === 1, { seconds });
  const first = pidOf("switch");
  process.kill(first, "SIGKILL");
  await until(() => pidOf("switch") !== first && pidOf("switch"), { seconds });
  await until(() => heard.length === 2, { seconds });
  await supervisor.stop();
  expect([ends, heard]).toEqual([1, ["here I am", "here I am"]]);
  expect(said.join()).toContain("switch ended (SIGKILL); starting it again in 0 s");
});

test("what a stop tidies up comes after all processes, the last first, and a fault keeps nobody from the rest", async () => {
  const done = [];
  const work = (name) => async () => {
    done.push([name, pidOf("one")]);
  };
  supervisor.atEnd("The first", work("first"));
  supervisor.atEnd("The second", async () => {
    throw new Error("it is busy");
  });
  supervisor.atEnd("The third", work("third"));
  await supervisor.start(tracing("one"));
  await supervisor.stop();
  expect(done).toEqual([
    ["third", null],
    ["first", null],
  ]);
  expect(said).toContain("The second could not be tidied up: it is busy");
});

/** Its signs of life: it touches the file twenty times a second, and answers while that is fresh. */
function beating(name, args = []) {
  const file = `${data}/${name}.beat`;
  const words = ["sh", "-c", `while :; do date +%s%N > ${file}; sleep 0.05; done`, ...args];
  const answers = async () => {
    const before = existsSync(file) && readFileSync(file, "utf8");
    return (
      (await until(() => existsSync(file) && readFileSync(file, "utf8") !== before, { seconds: 1 })) !== null
    );
  };
  const [command, ...rest] = words;
  return { name, command, args: rest, env, survives: true, restartMs: 0, answers, becomes: words };
}

test("one that lives and does not answer is killed and started again; one that answers is left alone", async () => {
  supervisor = createSupervisor({ data, say: (text) => said.push(text), probeEveryMs: 50 });
  await supervisor.start({ ...beating("lively"), hungSeconds: 10 });
  await supervisor.start({ ...beating("frozen"), hungSeconds: 2 });
  const [lively, frozen] = [pidOf("lively"), pidOf("frozen")];
  process.kill(frozen, "SIGSTOP");
  const next = await until(() => pidOf("frozen") !== frozen && pidOf("frozen"), { seconds });
  expect(next).toBeGreaterThan(0);
  expect(said).toContain("frozen has not answered for 2 s and is killed.");
  expect(pidOf("lively")).toBe(lively);
});

test("one that survived with other arguments is started anew, with the same ones adopted", async () => {
  const child = await separate([beating("survivor", ["old"])]);
  const old = pidOf("survivor");
  child.kill("SIGKILL");
  await new Promise((resolve) => child.once("exit", resolve));
  await supervisor.start(beating("survivor", ["new"]));
  const next = pidOf("survivor");
  expect(next).not.toBe(old);
  expect(said).toEqual(["survivor runs with other settings and is started again."]);

  const another = createSupervisor({ data, say: (text) => said.push(text) });
  await another.start(beating("survivor", ["new"]));
  expect(pidOf("survivor")).toBe(next);
  await another.stop();
});
