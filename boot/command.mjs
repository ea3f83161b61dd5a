import { spawn } from "node:child_process";
import { closeSync, mkdirSync, openSync, readFileSync, rmSync } from "node:fs";
import { dirname } from "node:path";
import { Fault } from "./fault.mjs";

const usualTail = 25;

/** The last lines of a log file; empty if there is none. */
export function tailOf(file, lines = usualTail) {
  try {
    return readFileSync(file, "utf8").trimEnd().split("\n").slice(-lines).join("\n");
  } catch {
    return "";
  }
}

const unfinished = new Set();
// Whoever leaves early (Ctrl-C while packages are installed) takes the command along.
process.on("exit", () => {
  for (const child of unfinished) child.kill("SIGTERM");
});

function ended(child) {
  unfinished.add(child);
  child.once("close", () => unfinished.delete(child));
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code, signal) => resolve({ code, signal }));
  });
}

/**
 * Runs a long command with its output in `log`. Throws a Fault with the log's tail if it fails.
 * The command gets no stdin, so nothing can stop to ask.
 */
export async function run(
  command,
  args,
  { log, cwd, env = process.env, advice = "", what = command, tailLines = usualTail },
) {
  mkdirSync(dirname(log), { recursive: true });
  // A command that a killed run left behind still writes into the file that it was given.
  rmSync(log, { force: true });
  const output = openSync(log, "w");
  let result;
  try {
    result = await ended(spawn(command, args, { cwd, env, stdio: ["ignore", output, output] }));
  } catch (error) {
    throw new Fault(`${what} could not be run: ${error.message}.`, { advice });
  } finally {
    closeSync(output);
  }
  if (result.code === 0) return;
  throw new Fault(
    `${what} failed (${result.signal ?? `exit code ${result.code}`}); its whole output is in ${log}.`,
    {
      advice,
      tail: tailOf(log, tailLines),
    },
  );
}

/** Runs a short command and answers its exit code and output; never throws. */
export async function ask(command, args, { cwd, env = process.env } = {}) {
  const child = spawn(command, args, { cwd, env, stdio: ["ignore", "pipe", "pipe"] });
  let stdout = "";
  let stderr = "";
  child.stdout?.on("data", (chunk) => {
    stdout += chunk;
  });
  child.stderr?.on("data", (chunk) => {
    stderr += chunk;
  });
  try {
    const { code } = await ended(child);
    return { code: code ?? 1, stdout, stderr };
  } catch (error) {
    return { code: 127, stdout, stderr: error.message };
  }
}
