/**
 * Runs qemu-img on what strangers brought, after our own inspection and as the second wall behind it: another uid without
 * privileges, no network, no processes but its own, nothing of this machine to read but libraries and the one input file,
 * nothing to write but the output folder, and an end by the clock, by CPU time, memory and size of file.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { CloudError } from "@madang/core/errors";
import { storeFull } from "./space.ts";

/** Nobody else's on this machine; files that a tool may touch are given to it. */
export const sandboxUid = 64_220;
const mostMemoryBytes = 2 * 1024 ** 3;
/** Of all conversions together: they share a uid. QEMU's own threads are a few dozen each. */
const mostProcesses = 512;
const mostWords = 64 * 1024;

export type Confined = {
  /** Paths of the machine; inside they are /in and /out. */
  input: string;
  outputFolder?: string;
  /** How long a file it may write, bytes. */
  outputBytes?: number;
  seconds: number;
  signal: AbortSignal;
  onOutput?: (text: string) => void;
};

/** Answers what it wrote to its standard output. Throws Unavailable when there is no sandbox, InvalidInput when the tool failed. */
export async function runConfined(command: readonly string[], confined: Confined): Promise<string> {
  const { seconds, signal, onOutput } = confined;
  signal.throwIfAborted();
  const [program = "", ...args] = [...limits(confined), ...walls(confined), ...command];
  const ended = AbortSignal.any([signal, AbortSignal.timeout(seconds * 1_000)]);
  const child = spawn(program, args, { stdio: ["ignore", "pipe", "pipe"], env: {}, detached: true });
  const stop = () => killAll(child);
  ended.addEventListener("abort", stop, { once: true });
  try {
    const { code, output, faults } = await outcome(child, onOutput);
    signal.throwIfAborted();
    if (code === 0) return output;
    throw toolFailed(ended.aborted ? "it took too long" : faults);
  } finally {
    ended.removeEventListener("abort", stop);
  }
}

/** The first of them that is missing; null: it can be used. */
export function missingWall(): string | null {
  return programs.find((path) => !existsSync(path)) ?? null;
}

const tools = {
  prlimit: "/usr/bin/prlimit",
  bwrap: "/usr/bin/bwrap",
  setpriv: "/usr/bin/setpriv",
  qemuImg: "/usr/bin/qemu-img",
} as const;
const programs = Object.values(tools);
export const { qemuImg } = tools;

function limits({ seconds, outputBytes = 0 }: Confined): string[] {
  return [
    tools.prlimit,
    `--as=${mostMemoryBytes}`,
    `--cpu=${seconds}`,
    `--fsize=${outputBytes}`,
    "--nofile=256",
    "--core=0",
    // Without root the uid is the controller's own, and so are the processes that would be counted.
    ...(process.getuid?.() === 0 ? [`--nproc=${mostProcesses}`] : []),
  ];
}

function walls({ input, outputFolder }: Confined): string[] {
  const root = process.getuid?.() === 0;
  // Root's own user namespace would not know the other uid.
  const apart = root
    ? ["--unshare-ipc", "--unshare-pid", "--unshare-net", "--unshare-uts", "--unshare-cgroup-try"]
    : ["--unshare-all"];
  const uid = String(sandboxUid);
  const less = ["--clear-groups", "--no-new-privs", "--inh-caps=-all", "--bounding-set=-all"];
  const drop = root ? [tools.setpriv, `--reuid=${uid}`, `--regid=${uid}`, ...less] : [];
  return [
    tools.bwrap,
    ...apart,
    "--die-with-parent",
    "--new-session",
    "--clearenv",
    ...["--setenv", "LC_ALL", "C"],
    ...["--ro-bind", "/usr", "/usr"],
    ...["--symlink", "usr/lib", "/lib"],
    ...["--symlink", "usr/lib64", "/lib64"],
    ...["--dev", "/dev"],
    ...["--tmpfs", "/tmp"],
    ...["--ro-bind", input, "/in"],
    ...(outputFolder ? ["--bind", outputFolder, "/out"] : []),
    "--",
    ...drop,
  ];
}

type Outcome = { code: number | null; output: string; faults: string };

function outcome(child: ChildProcess, onOutput: (text: string) => void = () => {}): Promise<Outcome> {
  const { promise, resolve, reject } = Promise.withResolvers<Outcome>();
  const said = { output: "", faults: "" };
  child.stdout?.setEncoding("utf8").on("data", (text: string) => {
    said.output = (said.output + text).slice(-mostWords);
    onOutput(text);
  });
  child.stderr?.setEncoding("utf8").on("data", (text: string) => {
    said.faults = (said.faults + text).slice(-mostWords);
  });
  child.once("error", (error) => reject(noSandbox(error)));
  child.once("close", (code) => resolve({ code, ...said }));
  return promise;
}

/** All of its session: bubblewrap's child goes with it. */
function killAll({ pid }: ChildProcess): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, "SIGKILL");
  } catch {
    // It ended by itself.
  }
}

export function noSandbox(cause?: unknown): CloudError {
  return new CloudError("Unavailable", "Images can't be converted here: the sandbox can't be made.", {
    reason: "imageSandbox",
    retry: "later",
    detail: cause instanceof Error ? cause.message : String(cause ?? ""),
    cause,
  });
}

function toolFailed(detail: string): CloudError {
  if (/No space left on device|Disk quota exceeded/.test(detail))
    return storeFull(new Error(detail.slice(0, 2_000)));
  return new CloudError("InvalidInput", "This disk image can't be converted.", {
    reason: "imageNotConverted",
    detail: detail.slice(0, 2_000),
  });
}
