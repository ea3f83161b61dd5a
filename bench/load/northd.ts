/** OVN's central part of a cloud that has one. */
import { execFile } from "node:child_process";
import { promisify } from "node:util";
import type { Cloud } from "../../e2e/stack/cloud.ts";
import { processesOf } from "./processes.ts";

const exec = promisify(execFile);

/** Waits until northd has made flows of everything that was committed before. Fails where the cloud has no OVN of its own. */
export function northdOf({ process, data }: Cloud): () => Promise<void> {
  const commands = processesOf(process.pid ?? 0, data).map(({ command }) => command);
  const remote = commands.map((command) => /--ovnnb-db=(\S+)/.exec(command)?.[1]).find(Boolean);
  if (!remote) throw new Error("this cloud has no OVN of its own: it needs root and the packages of [run]");
  return async () => {
    await exec("ovn-nbctl", [`--db=${remote}`, "--timeout=120", "--wait=sb", "sync"]);
  };
}
