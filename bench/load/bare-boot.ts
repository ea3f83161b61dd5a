/** The same image in QEMU without anything of ours: from the program's start to the login prompt. */
import { execFile, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { promisify } from "node:util";

const run = promisify(execFile);
const limitMs = 300_000;
const loginPrompt = /login: ?$/m;

/** `accelerator` as the cloud's own guests have it. Answers ms. */
export async function bareBoot(image: string, ramMib: number, accelerator: "kvm" | "tcg"): Promise<number> {
  const folder = await mkdtemp(join(tmpdir(), "madang-bare-"));
  const [disk, serial] = [join(folder, "disk.qcow2"), join(folder, "serial")];
  await run("qemu-img", ["create", "-q", "-f", "qcow2", "-F", "qcow2", "-b", image, disk]);
  const since = performance.now();
  const guest = spawn("qemu-system-x86_64", [
    ...[
      "-nodefaults",
      "-no-user-config",
      "-display",
      "none",
      "-machine",
      "pc-q35-7.2",
      "-m",
      String(ramMib),
      "-smp",
      "1",
    ],
    ...(accelerator === "kvm"
      ? ["-accel", "kvm", "-cpu", "host"]
      : ["-accel", "tcg,tb-size=64", "-cpu", "Nehalem"]),
    ...[
      "-drive",
      `file=${disk},if=virtio,format=qcow2`,
      "-device",
      "VGA",
      "-device",
      "virtio-rng-pci",
      "-serial",
      `file:${serial}`,
    ],
  ]);
  const ended = new Promise((resolve) => guest.once("exit", resolve));
  try {
    await untilPrompt(serial);
    return performance.now() - since;
  } finally {
    guest.kill("SIGKILL");
    await ended;
    await rm(folder, { recursive: true, force: true });
  }
}

/** Waits until the serial log asks for a name. */
export async function untilPrompt(log: string): Promise<void> {
  const limit = Date.now() + limitMs;
  while (!existsSync(log) || !loginPrompt.test(await readFile(log, "latin1"))) {
    if (Date.now() > limit) throw new Error(`no login prompt in ${log}`);
    await pause(20);
  }
}
