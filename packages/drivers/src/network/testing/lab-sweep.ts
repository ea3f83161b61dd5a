import { existsSync } from "node:fs";
import { readdir, readFile, stat } from "node:fs/promises";
import { until } from "../../hypervisor/testing/until.ts";
import { run } from "./lab-command.ts";

const name = /^mdt(\d+)-/;

/** Removes the namespaces of a lab, and first whoever lives in them; without a prefix those whose test is no more. */
export async function sweepLabs(prefix?: string): Promise<void> {
  const namespaces = await readdir("/run/netns").catch((): string[] => []);
  for (const namespace of namespaces) {
    const pid = name.exec(namespace)?.[1];
    const left = prefix ? namespace.startsWith(`${prefix}-`) : pid && !existsSync(`/proc/${pid}`);
    if (!left) continue;
    await endInhabitants(namespace);
    await run("ip", "netns", "del", namespace);
  }
}

async function endInhabitants(namespace: string): Promise<void> {
  const pids = (await run("ip", "netns", "pids", namespace)).split(/\s+/).filter((pid) => pid !== "");
  for (const pid of pids) {
    try {
      process.kill(Number(pid), "SIGKILL");
    } catch {
      // It has just ended by itself.
    }
    await until(`${pid} to end`, async () => !(await isAlive(pid)));
  }
}

/** A zombie is as good as gone. */
async function isAlive(pid: string): Promise<boolean> {
  if (!(await stat(`/proc/${pid}`).catch(() => null))) return false;
  const state = await readFile(`/proc/${pid}/stat`, "utf8").catch(() => ") Z");
  return !/\) [ZX]/.test(state);
}
