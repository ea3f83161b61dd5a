/**
 * A guest's volumes as libvirt reads and shows them. The alias carries the ids of attachment and volume, by which a disk
 * is found again, and makes libvirt refuse to attach it twice. A fault of the storage stops the guest instead of reaching
 * it: nothing is lost, and it goes on when the storage is back.
 */
import { CloudError } from "@madang/core/errors";
import { volumeSerial } from "@madang/core/volume/serial";
import type { DiskQos } from "@madang/core/wire/guest";
import type { Hardware } from "@madang/core/wire/hardware";
import { XMLParser } from "fast-xml-parser";
import { z } from "zod";
import type { GuestVolume, ObservedDisk } from "../driver.ts";
import { xmlBuilder } from "./xml.ts";

/** libvirt keeps aliases of users apart from its own by `ua-`. */
const alias = /^ua-([0-9a-f-]{36})-([0-9a-f-]{36})$/;

/** libvirt's names for the limits that we have; all of them are said each time, for it keeps what is left out. */
const limitNames: Record<keyof DiskQos, string> = {
  totalBytesPerSecond: "total_bytes_sec",
  readBytesPerSecond: "read_bytes_sec",
  writeBytesPerSecond: "write_bytes_sec",
  totalIops: "total_iops_sec",
  readIops: "read_iops_sec",
  writeIops: "write_iops_sec",
};

type DiskBus = NonNullable<Hardware["diskBus"]>;

export type DefinedDisk = ObservedDisk & {
  target: string;
  readOnly: boolean;
  limits: Record<string, number>;
  /** QEMU's name for its format layer, of a running guest; new at each start and attachment. */
  node: string | null;
};

/** 0 is unlimited, as libvirt has it. */
export function limitsOf(qos: DiskQos): Record<string, number> {
  const said = new Map<string, number | undefined>(Object.entries(qos));
  return Object.fromEntries(Object.entries(limitNames).map(([key, name]) => [name, said.get(key) ?? 0]));
}

/** Of what is given to a running guest: always on the bus that takes it. */
export function diskXml(disk: GuestVolume, target: string): string {
  return xmlBuilder().build({ disk: diskElement(disk, target, "virtio") });
}

export function diskElement(disk: GuestVolume, target: string, bus: DiskBus): Record<string, unknown> {
  const { attachmentId, volumeId, readOnly, qos, connection } = disk;
  if (connection.kind !== "file")
    throw new CloudError("Unsupported", "The hypervisor can't open volumes of this kind.", {
      reason: "VolumeUnsupported",
      retry: "elsewhere",
    });
  const limits = Object.entries(limitsOf(qos)).filter(([, value]) => value > 0);
  return {
    "@type": "file",
    "@device": "disk",
    driver: {
      "@name": "qemu",
      "@type": connection.format,
      "@cache": "none",
      "@discard": "unmap",
      "@error_policy": "stop",
      "@rerror_policy": "stop",
    },
    source: { "@file": connection.path },
    backingStore: connection.backing ? backingElement(connection.backing) : {},
    target: { "@dev": target, "@bus": bus },
    ...(limits.length > 0 ? { iotune: Object.fromEntries(limits) } : {}),
    ...(readOnly ? { readonly: {} } : {}),
    // virtio-blk shows the first 20 bytes.
    serial: volumeSerial(volumeId),
    alias: { "@name": `ua-${attachmentId}-${volumeId}` },
  };
}

/** Closed: nobody follows what a header claims. */
export function backingElement({ path, format }: { path: string; format: string }): Record<string, unknown> {
  return {
    "@type": "file",
    format: { "@type": format },
    source: { "@file": path },
    backingStore: {},
  };
}

const lettersInAlphabet = 26;

/** vda, …, vdz, vdaa: only libvirt's name for it; guests go by serial number. */
export function targetName(index: number): string {
  const last = String.fromCharCode("a".charCodeAt(0) + (index % lettersInAlphabet));
  const rest = Math.floor(index / lettersInAlphabet);
  return rest === 0 ? `vd${last}` : targetName(rest - 1) + last;
}

/** Besides the root disk and the config drive. */
const firstVolume = 2;

/** In order; the one that is booted from takes the root disk's place. */
export function withTargets(disks: readonly GuestVolume[]): { disk: GuestVolume; target: string }[] {
  let next = firstVolume;
  return disks.map((disk) => ({ disk, target: targetName(disk.boot ? 0 : next++) }));
}

export function freeTarget(taken: ReadonlySet<string>): string {
  for (let index = firstVolume; ; index++) if (!taken.has(targetName(index))) return targetName(index);
}

const shown = z.object({
  alias: z.object({ "@name": z.string() }).optional(),
  target: z.object({ "@dev": z.string() }),
  source: z.object({ "@index": z.string().optional(), "@file": z.string().optional() }).optional(),
  readonly: z.unknown().optional(),
  iotune: z.record(z.string(), z.coerce.number().catch(0)).optional(),
});
const many = z
  .union([shown, z.array(shown)])
  .default([])
  .transform((found) => [found].flat());
/** An element without anything in it is read as an empty text. */
const devices = z.preprocess((found) => (found === "" ? {} : found), z.object({ disk: many }));
const withDisks = z.object({ domain: z.object({ devices }) });

function parse(xml: string): z.infer<typeof shown>[] {
  const parser = new XMLParser({
    ignoreAttributes: false,
    attributeNamePrefix: "@",
    parseAttributeValue: false,
  });
  return withDisks.parse(parser.parse(xml)).domain.devices.disk;
}

/** Those that have one of our aliases. */
export function readDisks(xml: string): DefinedDisk[] {
  return parse(xml).flatMap((one) => {
    const [, attachmentId, volumeId] = alias.exec(one.alias?.["@name"] ?? "") ?? [];
    if (!attachmentId || !volumeId) return [];
    const index = one.source?.["@index"];
    const found = one.iotune ?? {};
    const limits = Object.values(limitNames).map((name) => [name, found[name] ?? 0]);
    return [
      {
        ...{ attachmentId, volumeId, target: one.target["@dev"], readOnly: one.readonly !== undefined },
        limits: Object.fromEntries(limits),
        node: index === undefined ? null : `libvirt-${index}-format`,
      },
    ];
  });
}

/** QEMU's name for the format layer of the disk that is this file; null: the guest does not run with it. */
export function nodeOfFile(xml: string, path: string): string | null {
  const index = parse(xml).find(({ source }) => source?.["@file"] === path)?.source?.["@index"];
  return index === undefined ? null : `libvirt-${index}-format`;
}

/** Of every disk, also of those that are not volumes. */
export function readTargets(xml: string): string[] {
  return parse(xml).map(({ target }) => target["@dev"]);
}
