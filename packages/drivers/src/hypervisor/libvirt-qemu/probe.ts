/**
 * KVM or emulation? /dev/kvm existing proves nothing, nor does libvirt's own word: only a guest that ran. The finding
 * is kept for one boot of the host.
 */
import { spawn } from "node:child_process";
import { access, mkdtemp, readFile, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { z } from "zod";
import { bootSectorDisk, ran, started } from "./boot-sector.ts";

const limitMs = 10_000;
const finding = z.object({ bootId: z.string(), virtType: z.enum(["kvm", "qemu"]), why: z.string() });
export type VirtType = z.infer<typeof finding>["virtType"];
export type VirtChoice = { virtType: VirtType; why: string };

/** The virt type for `auto`, from the cache file when it is of this boot, else by a probe. */
export async function chooseVirtType(cachePath: string): Promise<VirtChoice> {
  const bootId = (await readFile("/proc/sys/kernel/random/boot_id", "utf8")).trim();
  const kept = finding.safeParse(await readJson(cachePath));
  if (kept.success && kept.data.bootId === bootId) return kept.data;
  const choice = await decide();
  const part = `${cachePath}.${process.pid}`;
  await writeFile(part, JSON.stringify({ bootId, ...choice }), { mode: 0o600 });
  await rename(part, cachePath);
  return choice;
}

async function decide(): Promise<VirtChoice> {
  const present = await access("/dev/kvm").then(
    () => true,
    () => false,
  );
  if (!present) return { virtType: "qemu", why: "this host has no /dev/kvm" };
  const { ok, why } = await probeAccelerator("kvm", "max");
  return ok ? { virtType: "kvm", why } : { virtType: "qemu", why: `KVM is of no use here: ${why}` };
}

/** Boots the probe guest. ok when it ran to its end within 10 s. */
export async function probeAccelerator(
  accelerator: "kvm" | "tcg",
  cpu: string,
): Promise<{ ok: boolean; why: string }> {
  const folder = await mkdtemp(join(tmpdir(), "madang-probe-"));
  try {
    const disk = join(folder, "disk.img");
    await writeFile(disk, bootSectorDisk());
    return await boot(accelerator, cpu, disk);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function boot(accelerator: string, cpu: string, disk: string): Promise<{ ok: boolean; why: string }> {
  const begun = Date.now();
  const child = spawn(
    "/usr/bin/qemu-system-x86_64",
    [
      ...["-nodefaults", "-no-user-config", "-display", "none", "-machine", "pc-q35-7.2", "-m", "64"],
      ...["-accel", accelerator, "-cpu", cpu, "-boot", "c"],
      ...["-drive", `file=${disk},format=raw,if=virtio,readonly=on`],
      ...["-chardev", "stdio,id=debug", "-device", "isa-debugcon,iobase=0xe9,chardev=debug"],
      ...["-device", "isa-debug-exit,iobase=0xf4"],
    ],
    { stdio: ["ignore", "pipe", "pipe"] },
  );
  let said = "";
  let complaint = "";
  child.stdout.on("data", (chunk) => {
    said += chunk;
  });
  child.stderr.on("data", (chunk) => {
    complaint = (complaint + chunk).slice(0, 2000);
  });
  return new Promise((resolve) => {
    const timer = setTimeout(() => child.kill("SIGKILL"), limitMs);
    child.once("error", (error) => {
      complaint = error.message;
    });
    child.once("close", () => {
      clearTimeout(timer);
      const ms = Date.now() - begun;
      if (said.includes(ran)) return resolve({ ok: true, why: `a probe guest ran in ${ms} ms` });
      resolve({ ok: false, why: failure(said, complaint, ms) });
    });
  });
}

function failure(said: string, complaint: string, ms: number): string {
  const words = complaint.trim().split("\n")[0] ?? "";
  if (ms < limitMs) return `QEMU ended: ${words}`;
  if (said.includes(started)) return `guest code starts but had not run to its end after ${ms} ms`;
  return `a probe guest showed no sign of life in ${ms} ms`;
}

async function readJson(path: string): Promise<unknown> {
  try {
    return JSON.parse(await readFile(path, "utf8"));
  } catch {
    return null;
  }
}
