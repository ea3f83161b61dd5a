/** What a cloud left behind, read from /proc: processes and mounts that name its data folder. */
import { readdir, readFile } from "node:fs/promises";

export async function processesNaming(text: string): Promise<string[]> {
  const pids = (await readdir("/proc")).filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid);
  const lines = await Promise.all(pids.map((pid) => commandLine(pid)));
  return lines.filter((line) => line.includes(text));
}

async function commandLine(pid: string): Promise<string> {
  const raw = await readFile(`/proc/${pid}/cmdline`, "utf8").catch(() => "");
  return raw === "" ? "" : `${pid} ${raw.replaceAll("\0", " ")}`;
}

export async function mountsNaming(text: string): Promise<string[]> {
  const mounts = await readFile("/proc/self/mountinfo", "utf8");
  return mounts.split("\n").filter((line) => line.includes(text));
}

/** Running guests of one cloud: QEMU processes whose command line names its data folder. */
export async function guestProcesses(data: string): Promise<string[]> {
  return (await processesNaming("qemu-system")).filter((line) => line.includes(data));
}
