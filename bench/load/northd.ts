/** OVN's central part of a cloud that has one. */
import { execFile } from "node:child_process";
import { promisify } from "node:util";
import type { Cloud } from "../../e2e/stack/cloud.ts";
import { processesOf } from "./processes.ts";

const exec = promisify(execFile);

/** The folder with the sockets of a cloud's own OVN. Fails where it has none. */
export function centralOf({ process, data }: Cloud): string {
  const commands = processesOf(process.pid ?? 0, data).map(({ command }) => command);
  const folder = commands
    .map((command) => /--ovnnb-db=unix:(\S+)\/nb\.sock/.exec(command)?.[1])
    .find(Boolean);
  if (!folder) throw new Error("this cloud has no OVN of its own: it needs root and the packages of [run]");
  return folder;
}

/** Waits until northd has made flows of everything that was committed before. */
export function northdOf(cloud: Cloud): () => Promise<void> {
  const remote = `unix:${centralOf(cloud)}/nb.sock`;
  return async () => {
    await exec("ovn-nbctl", [`--db=${remote}`, "--timeout=120", "--wait=sb", "sync"]);
  };
}
