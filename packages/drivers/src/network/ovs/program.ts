import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { CloudError } from "@madang/core/errors";

const exec = promisify(execFile);

/** Longer than this none of them takes, unless the machine hangs, ms. */
const limitMs = 20_000;
const environment = { PATH: "/usr/sbin:/usr/bin:/sbin:/bin", LC_ALL: "C.UTF-8" };

/** Runs a program of the system, never through a shell, and answers what it said. `input` is its standard input. */
export async function run(
  program: string,
  args: readonly string[],
  signal: AbortSignal,
  input?: string,
): Promise<string> {
  try {
    const running = exec(program, args, {
      env: environment,
      signal: AbortSignal.any([signal, AbortSignal.timeout(limitMs)]),
      maxBuffer: 64 * 1024 ** 2,
    });
    if (input !== undefined) running.child.stdin?.end(input);
    return (await running).stdout;
  } catch (error) {
    signal.throwIfAborted();
    const stderr = error instanceof Error && "stderr" in error ? String(error.stderr).trim() : "";
    throw networkFault(`${program} ${args.join(" ")}: ${stderr || String(error)}`, error);
  }
}

export function networkFault(detail: string, cause?: unknown): CloudError {
  return new CloudError("Unavailable", "The hypervisor could not join the guest to its network.", {
    reason: "PortNotPlugged",
    detail,
    cause,
    retry: "later",
  });
}
