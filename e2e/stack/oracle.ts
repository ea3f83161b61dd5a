/** What is really there, read by other means than Madang's: virsh, files, /proc. */
import { execFile } from "node:child_process";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { sharedCloud } from "./shared.ts";

const run = promisify(execFile);

/** Domain UUIDs by state, as virsh sees them. */
export async function domains(state: "running" | "all", data = sharedCloud().data): Promise<string[]> {
  const socket = join(data, "libvirt/run/libvirt-sock");
  const which = state === "all" ? "--all" : "--state-running";
  const { stdout } = await run("virsh", [
    "-c",
    `qemu+unix:///system?socket=${socket}`,
    "list",
    which,
    "--uuid",
  ]);
  return stdout.split("\n").filter((line) => line.trim() !== "");
}

/** All files below a folder whose path names `text`. */
export async function filesNaming(text: string, folder = sharedCloud().data): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries.map((entry) => join(entry.parentPath, entry.name)).filter((path) => path.includes(text));
}

/** What a guest wrote to its serial line so far, from the log that virtlogd keeps. */
export async function serialLog(guestId: string): Promise<string> {
  const logs = (await filesNaming(guestId)).filter((path) => /serial.*log|console.*log/.test(path));
  const texts = await Promise.all(logs.map((path) => readFile(path, "utf8")));
  return texts.join("");
}
