/** Madang's processes as the kernel accounts for them: everything that descends from `npm start`, and what names its data. */
import { readdirSync, readFileSync } from "node:fs";
import type { Cloud } from "../../e2e/stack/cloud.ts";

export type Process = { pid: number; command: string };

export function processesOf(root: number, data: string): Process[] {
  const all = readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .flatMap(describe);
  const family = new Set([root]);
  for (let grown = true; grown; ) {
    const before = family.size;
    for (const { pid, parent } of all) if (family.has(parent)) family.add(pid);
    grown = family.size > before;
  }
  return all.filter(({ pid, command }) => family.has(pid) || command.includes(data));
}

function describe(pid: number): (Process & { parent: number })[] {
  try {
    const command = readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " ").trim();
    return command === "" ? [] : [{ pid, command, parent: Number(statOf(pid)[1]) }];
  } catch {
    return [];
  }
}

/** The fields of /proc/PID/stat after the name, which may hold anything: state, parent, … */
function statOf(pid: number): string[] {
  const text = readFileSync(`/proc/${pid}/stat`, "utf8");
  return text.slice(text.lastIndexOf(")") + 2).split(" ");
}

/** Makes a cloud's agents stand still. Answers what lets them go on. */
export function holdAgents({ process: root, data }: Cloud): () => void {
  const isAgent = ({ command }: Process) => command.includes("apps/agent/src/main");
  const agents = processesOf(root.pid ?? 0, data).filter(isAgent);
  if (agents.length === 0) throw new Error("this cloud has no agent");
  const signal = (name: NodeJS.Signals) => {
    for (const { pid } of agents) process.kill(pid, name);
  };
  signal("SIGSTOP");
  return () => signal("SIGCONT");
}

/** Proportional set size: shared pages counted once over all that share them. In MB of 1,000,000 bytes. */
export function pssMegabytes(pid: number): number {
  const [, kib = "0"] = /^Pss:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, "utf8")) ?? [];
  return (Number(kib) * 1024) / 1e6;
}

const ticksPerSecond = 100;

/** Seconds of CPU that the processes have used so far, ended children included. */
export function cpuSeconds(pids: readonly number[]): number {
  const ticks = pids.map((pid) => {
    const fields = statOf(pid);
    return [11, 12, 13, 14].reduce((sum, index) => sum + Number(fields[index] ?? 0), 0);
  });
  return ticks.reduce((sum, one) => sum + one, 0) / ticksPerSecond;
}
