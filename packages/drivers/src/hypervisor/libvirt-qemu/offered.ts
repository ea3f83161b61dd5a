/** What images may ask of this hypervisor: what its QEMU says it has, and whether UEFI is installed beside it. */
import { execFile } from "node:child_process";
import { promisify } from "node:util";
import type { Hardware, OfferedHardware } from "@madang/core/wire/hardware";

const exec = promisify(execFile);
const qemu = "/usr/bin/qemu-system-x86_64";

type Needs = {
  [Part in "diskBus" | "nicModel" | "videoModel" | "medium"]: Record<NonNullable<Hardware[Part]>, string>;
};

/** The device that each of them takes. */
const devices: Needs = {
  diskBus: { virtio: "virtio-blk-pci", scsi: "virtio-scsi-pci", sata: "ide-hd" },
  nicModel: { virtio: "virtio-net-pci", e1000e: "e1000e", e1000: "e1000" },
  videoModel: { vga: "VGA", virtio: "virtio-vga", cirrus: "cirrus-vga" },
  medium: { disk: "virtio-blk-pci", cdrom: "ide-cd" },
};

/** Throws when QEMU can't be run. */
export async function offeredHardware(hasUefi: boolean): Promise<OfferedHardware> {
  const { stdout } = await exec(qemu, ["-machine", "none", "-device", "help"], { maxBuffer: 4 * 1024 ** 2 });
  return offeredBy(stdout, hasUefi);
}

/** `help`: what `qemu -device help` writes. */
export function offeredBy(help: string, hasUefi: boolean): OfferedHardware {
  const present = new Set([...help.matchAll(/^name "([^"]+)"/gm)].map(([, name]) => name));
  const found = Object.entries(devices).map(([part, values]) => [
    part,
    Object.entries(values).flatMap(([value, device]) => (present.has(device) ? [value] : [])),
  ]);
  return {
    ...Object.fromEntries(found),
    firmware: hasUefi ? ["bios", "uefi"] : ["bios"],
    architecture: ["x86_64", "i686"],
    bootMenu: ["yes", "no"],
    guestAgent: ["yes", "no"],
  };
}
