import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { CloudError } from "@madang/core/errors";
import { diskFull } from "./disk-full.ts";

const exec = promisify(execFile);

/** What every program that we run finds in its environment, and nothing else. */
export const programEnv = { PATH: "/usr/sbin:/usr/bin:/sbin:/bin", LC_ALL: "C.UTF-8" };

type Options = { signal: AbortSignal; cwd?: string; uid?: number; gid?: number };

/** More than a thousand snapshots take to be listed. */
const maxOutputBytes = 16 * 1024 ** 2;

/** Runs a program with an argument list, never through a shell. Throws CloudError with what it said on stderr. */
export async function runProgram(program: string, args: string[], options: Options): Promise<string> {
  try {
    const { stdout } = await exec(program, args, {
      ...options,
      env: programEnv,
      maxBuffer: maxOutputBytes,
    });
    return stdout;
  } catch (error) {
    options.signal.throwIfAborted();
    throw diskError(error, program);
  }
}

/** An error of a file operation or a program as a CloudError; a full disk is told apart. */
export function diskError(error: unknown, doing: string): CloudError {
  if (error instanceof CloudError) return error;
  const stderr = error instanceof Error && "stderr" in error ? String(error.stderr) : "";
  const message = error instanceof Error ? error.message : String(error);
  const code = error instanceof Error && "code" in error ? String(error.code) : "";
  const detail = `${doing}: ${message} ${stderr}`.trim();
  if (code === "ENOSPC" || code === "EDQUOT" || /no space left on device/i.test(detail))
    return diskFull(detail, error);
  return new CloudError("Internal", "The hypervisor could not prepare the guest's disk.", {
    reason: "DiskFault",
    detail,
    cause: error,
    retry: "later",
  });
}
