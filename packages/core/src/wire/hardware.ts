/**
 * What an image decides of its guests' machine; what is left out is what every guest had before images could say it. A
 * hypervisor says what it can honour, and is given nothing else.
 */
import { z } from "zod";
import { heard } from "./heard.ts";

export const diskBuses = ["virtio", "scsi", "sata"] as const;
export const nicModels = ["virtio", "e1000e", "e1000"] as const;
export const videoModels = ["vga", "virtio", "cirrus"] as const;
export const firmwares = ["bios", "uefi"] as const;
export const architectures = ["x86_64", "i686", "aarch64", "armv7l", "ppc64le", "riscv64", "s390x"] as const;
/** A CD is attached as one, beside an empty root disk. */
export const media = ["disk", "cdrom"] as const;

export const hardware = z.object({
  /** Of the disk that is booted from and the config drive; other volumes are virtio, which takes them while the guest runs. */
  diskBus: z.enum(diskBuses).optional(),
  nicModel: z.enum(nicModels).optional(),
  videoModel: z.enum(videoModels).optional(),
  firmware: z.enum(firmwares).optional(),
  architecture: z.enum(architectures).optional(),
  medium: z.enum(media).optional(),
  /** yes: the firmware waits a moment for a key at its screen. */
  bootMenu: z.enum(["yes", "no"]).optional(),
  /** no: the guest has no channel for its agent, so nobody asks it to bring its file systems to rest. */
  guestAgent: z.enum(["yes", "no"]).optional(),
});
export type Hardware = z.infer<typeof hardware>;
export type HardwarePart = keyof Hardware;

/** What every guest has whose image says nothing, and all that agents can honour which don't say. */
const usual: Required<Hardware> = {
  diskBus: "virtio",
  nicModel: "virtio",
  videoModel: "vga",
  firmware: "bios",
  architecture: "x86_64",
  medium: "disk",
  bootMenu: "no",
  guestAgent: "yes",
};

/** What a hypervisor can honour, part by part; a part that is left out: only what is usual. */
export const offeredHardware = z.record(z.string().max(32), z.array(heard(32)).max(64));
export type OfferedHardware = z.infer<typeof offeredHardware>;

const parts: readonly HardwarePart[] = hardware.keyof().options;

/** The parts that the hypervisor can't honour; null: it is not known what it can. */
export function lackingHardware(offered: OfferedHardware | null, wanted: Hardware): HardwarePart[] {
  return parts.filter((part) => {
    const value = wanted[part];
    return value !== undefined && !(offered?.[part] ?? [usual[part]]).includes(value);
  });
}

/** With what every guest has of which nothing was said. */
export function wholeHardware(stored: unknown): Required<Hardware> {
  return { ...usual, ...storedHardware(stored) };
}

/** As stored on a row; what is not known is left out. */
export function storedHardware(stored: unknown): Hardware {
  return hardware.catch({}).parse(stored);
}
