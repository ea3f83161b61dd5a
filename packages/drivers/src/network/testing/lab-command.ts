import { execFile } from "node:child_process";
import { promisify } from "node:util";

const exec = promisify(execFile);
export const systemPath = "/usr/sbin:/usr/bin:/sbin:/bin";

export type Said = { ok: boolean; out: string };

/** Runs a program to its end; throws with what it said when it fails. */
export async function run(command: string, ...args: string[]): Promise<string> {
  const { stdout } = await exec(command, args, { env: { PATH: systemPath, LC_ALL: "C" } });
  return stdout.trim();
}

/** As `run`, where failing is an answer. */
export async function attempt(command: string, ...args: string[]): Promise<Said> {
  try {
    return { ok: true, out: await run(command, ...args) };
  } catch (error) {
    return { ok: false, out: String(error) };
  }
}

/** Lines of commands of `ip`, in one process. */
export async function ip(lines: readonly string[], namespace?: string): Promise<void> {
  for (const line of lines) {
    await run("ip", ...(namespace ? ["-n", namespace] : []), ...line.split(" "));
  }
}
