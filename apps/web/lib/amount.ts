/** Amounts with their unit, once. Memory and quota `ram` come in MiB, disks in GiB, files in bytes. */
import type { Translate } from "./error-text.ts";

const mibPerGib = 1024;

/** English and Korean write numbers alike. */
const numbers = new Intl.NumberFormat("en", { maximumFractionDigits: 1 });

export function memoryText(mib: number): string {
  return mib < mibPerGib ? `${mib} MiB` : `${numbers.format(mib / mibPerGib)} GiB`;
}

export function diskText(gib: number): string {
  return `${numbers.format(gib)} GiB`;
}

export function bytesText(bytes: number): string {
  const units = ["B", "KiB", "MiB", "GiB", "TiB"];
  const step = bytes < 1 ? 0 : Math.min(units.length - 1, Math.floor(Math.log2(bytes) / 10));
  return `${numbers.format(bytes / mibPerGib ** step)} ${units[step]}`;
}

/** An amount of a quota resource; below zero there is no limit. */
export function amountText(t: Translate, resource: string, value: number): string {
  if (value < 0) return t("quota.unlimited");
  if (resource === "gigabytes" || resource.startsWith("gigabytes:")) return diskText(value);
  return resource === "ram" || resource === "image_size" ? memoryText(value) : numbers.format(value);
}

/** A flavor's size; a disk of 0 takes the image's own size and is not told. */
export function sizeText(flavor: { vcpus: number; ramMib: number; diskGib: number }): string {
  const size = `${flavor.vcpus} vCPU · ${memoryText(flavor.ramMib)}`;
  return flavor.diskGib === 0 ? size : `${size} · ${diskText(flavor.diskGib)}`;
}
