/**
 * The properties of images that have an effect, in Glance's names. Each has a closed set of values, which are checked when
 * the image is made and edited: an image that asks for what nobody can give must not be launched as something else.
 * Every other property is kept and shown, and does nothing.
 */
import { CloudError } from "../errors.ts";
import {
  architectures,
  diskBuses,
  firmwares,
  type Hardware,
  hardware,
  nicModels,
  videoModels,
} from "../wire/hardware.ts";

type Known = {
  /** Which part of the machine it decides; null: nothing, it only may not ask for more than there is. */
  part: keyof Hardware | null;
  values: readonly string[];
};

const answers = ["yes", "no"] as const;

/** In the order in which forms show them. */
export const knownProperties = {
  hw_firmware_type: { part: "firmware", values: firmwares },
  hw_disk_bus: { part: "diskBus", values: diskBuses },
  hw_vif_model: { part: "nicModel", values: nicModels },
  hw_video_model: { part: "videoModel", values: videoModels },
  hw_architecture: { part: "architecture", values: architectures },
  /** Glance's older name. */
  architecture: { part: "architecture", values: architectures },
  hw_boot_menu: { part: "bootMenu", values: answers },
  hw_qemu_guest_agent: { part: "guestAgent", values: answers },
  /** Every guest has it. */
  hw_rng_model: { part: null, values: ["virtio"] },
  /** There is no firmware with keys here, so that nobody may rely on it. */
  os_secure_boot: { part: null, values: ["disabled", "optional"] },
} as const satisfies Record<string, Known>;
export type KnownProperty = keyof typeof knownProperties;

export const knownPropertyNames: readonly KnownProperty[] = [
  "hw_firmware_type",
  "hw_disk_bus",
  "hw_vif_model",
  "hw_video_model",
  "hw_architecture",
  "architecture",
  "hw_boot_menu",
  "hw_qemu_guest_agent",
  "hw_rng_model",
  "os_secure_boot",
];

export function isKnownProperty(name: string): name is KnownProperty {
  return Object.hasOwn(knownProperties, name);
}

/** Glance's clients write its yes and no in many ways. */
const spellings: Readonly<Record<string, (typeof answers)[number]>> = {
  ...{ yes: "yes", true: "yes", on: "yes", 1: "yes" },
  ...{ no: "no", false: "no", off: "no", 0: "no" },
};

/** As it is meant; null: it is none of its values. */
export function settledProperty(name: KnownProperty, value: string): string | null {
  const values: readonly string[] = knownProperties[name].values;
  const plain = value.trim().toLowerCase();
  const said = values === answers ? (spellings[plain] ?? plain) : plain;
  return values.includes(said) ? said : null;
}

export type PropertyFault = { name: KnownProperty; value: string; allowed: string };

/** The first property whose value is none of its own; null: there is none. */
export function propertyFault(properties: Readonly<Record<string, string>>): PropertyFault | null {
  for (const [name, value] of Object.entries(properties)) {
    if (!isKnownProperty(name) || settledProperty(name, value) !== null) continue;
    return { name, value, allowed: knownProperties[name].values.join(", ") };
  }
  return null;
}

/** Two names for one part must say the same. */
export function propertyConflict({
  architecture,
  hw_architecture,
}: Readonly<Record<string, string>>): boolean {
  if (architecture === undefined || hw_architecture === undefined) return false;
  return (
    settledProperty("architecture", architecture) !== settledProperty("hw_architecture", hw_architecture)
  );
}

type HardwareImage = { properties: unknown; uploadFormat: string | null; diskFormat: string };

/** It was kept as it came, as a CD. Older ones were made into disks. */
export function isCd({ uploadFormat, diskFormat }: Omit<HardwareImage, "properties">): boolean {
  return uploadFormat === "iso" && diskFormat === "raw";
}

/** Of an instance that is launched from it. Throws InvalidInput for a property from before they were checked. */
export function launchHardware(image: HardwareImage): Hardware {
  return { ...volumeHardware(image), ...(isCd(image) ? { medium: "cdrom" as const } : {}) };
}

/** Of a volume that is made of it: also a CD's bytes are a disk then. Throws InvalidInput. */
export function volumeHardware({ properties }: Pick<HardwareImage, "properties">): Hardware {
  const all = stringsOf(properties);
  const fault = propertyFault(all);
  if (fault)
    throw new CloudError("InvalidInput", faultWords(fault), {
      reason: "imagePropertyUnmet",
      params: { ...fault },
      field: "imageId",
    });
  const said = knownPropertyNames.flatMap((name) => {
    const { part } = knownProperties[name];
    const value = all[name];
    return part === null || value === undefined ? [] : [[part, settledProperty(name, value)]];
  });
  return hardware.parse(Object.fromEntries(said));
}

/** Of an image whose guests are to have this hardware; a CD is none of it. The inverse of `volumeHardware`. */
export function hardwareProperties(wanted: Hardware): Record<string, string> {
  const said = knownPropertyNames.flatMap((name) => {
    const { part } = knownProperties[name];
    const value = part === null || name === "architecture" ? undefined : wanted[part];
    return value === undefined ? [] : [[name, value]];
  });
  return Object.fromEntries(said);
}

/** What is left of an image's properties without those that decide hardware. */
export function otherProperties(stored: unknown): Record<string, string> {
  const all = Object.entries(stringsOf(stored));
  return Object.fromEntries(
    all.filter(([name]) => !isKnownProperty(name) || knownProperties[name].part === null),
  );
}

function faultWords({ name, value, allowed }: PropertyFault): string {
  return `The image's property ${name} is ${value}, and only these can be honoured: ${allowed}.`;
}

function stringsOf(stored: unknown): Record<string, string> {
  if (typeof stored !== "object" || stored === null) return {};
  const all = Object.entries(stored);
  return Object.fromEntries(all.filter((one): one is [string, string] => typeof one[1] === "string"));
}
