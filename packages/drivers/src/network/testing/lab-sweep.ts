import { existsSync } from "node:fs";
import { readdir, readFile, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { until } from "../../hypervisor/testing/until.ts";
import { attempt } from "./lab-command.ts";

const name = /^mdt(\d+)-/;

/** Removes what is left of labs whose test is no more; with a prefix a lab's namespaces. Whoever lives in them goes first. */
export async function sweepLabs(prefix?: string): Promise<void> {
  const isLeft = (found: string) => (prefix ? found.startsWith(`${prefix}-`) : isOrphan(found));
  const namespaces = await readdir("/run/netns").catch((): string[] => []);
  for (const namespace of namespaces.filter(isLeft)) {
    await endInhabitants(namespace);
    // Another test may sweep at the same moment.
    await attempt("ip", "netns", "del", namespace);
  }
  if (prefix) return;
  for (const folder of (await readdir(tmpdir())).filter(isOrphan)) {
    await rm(join(tmpdir(), folder), { recursive: true, force: true });
  }
}

function isOrphan(found: string): boolean {
  const pid = name.exec(found)?.[1];
  return pid !== undefined && !existsSync(`/proc/${pid}`);
}

async function endInhabitants(namespace: string): Promise<void> {
  const { ok, out } = await attempt("ip", "netns", "pids", namespace);
  const pids = (ok ? out : "").split(/\s+/).filter((pid) => pid !== "");
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
