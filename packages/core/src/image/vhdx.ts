/** VHDX: closed cleanly, without a parent, with no required part that is not known. */
import { diskSize, type Fields, fieldsOf, hasAt, isPowerOfTwo, isZero, requireInside } from "./fields.ts";
import type { FormatReader, Region } from "./format.ts";
import { damagedImage, dependentImage } from "./refusal.ts";

const format = "vhdx";
const kib = 1_024;
const mib = kib ** 2;
const headers = [64 * kib, 128 * kib] as const;
const regionTables = [192 * kib, 256 * kib] as const;
const tableBytes = 64 * kib;
/** GUIDs as they lie in the file. */
const regions = {
  blocks: "6677c22d23f600429d64115e9bfd4a08",
  metadata: "06a27c8b90479a4bb8fe575f050f886e",
} as const;
const items = {
  parameters: "3767a1ca36fa434db3b633f0aa44e76b",
  diskSize: "2442a52f1bcd7648b2115dbed83bf4b8",
  diskId: "ab12cabee6b2234593efc309e000c746",
  logicalSector: "1dbf41816fa90947ba47f233a8faab5f",
  physicalSector: "c748a3cd5d4471449cc9e9885251c556",
  parentLocator: "2d5fd3a80bb34d45abf7d3d84834ab0c",
} as const;
/** Of a region table and of the metadata table, by their specification. */
const mostEntries = 2_047;

export const vhdx: FormatReader = {
  format,
  matches: ({ head }) => hasAt(head, 0, "vhdxfile"),
  wants: ({ head }) => metadataRegion(head),
  inspect: (view) => {
    const { head, late, size } = view;
    checkHeaders(head);
    const region = metadataRegion(head);
    requireInside(format, size, region.offset, region.length, "the metadata region");
    if (late) return checkMetadata(late);
    if (size !== null) throw damagedImage(format, "metadata region");
    return 0;
  },
};

/** A log that is not empty would be played back into the disk. */
function checkHeaders(head: Uint8Array): void {
  for (const at of headers) {
    const fields = fieldsOf(head, format, "little");
    if (!hasAt(head, at, "head") || fields.u16(at + 66) !== 1) throw damagedImage(format, "header");
    if (!isZero(fields.bytes(at + 48, 16)) || fields.u16(at + 64) !== 0)
      throw damagedImage(format, "it was not closed");
  }
}

type Entry = { guid: string; offset: number; length: number };

/** Both tables must say the same: which of them a reader believes is his choice. */
function regionEntries(head: Uint8Array): Entry[] {
  const fields = fieldsOf(head, format, "little");
  const [first, second] = regionTables.map((at) => fields.bytes(at, tableBytes));
  if (!first || !second || !hasAt(first, 0, "regi") || !first.every((byte, index) => byte === second[index]))
    throw damagedImage(format, "region tables");
  const table = fieldsOf(first, format, "little");
  const count = table.u32(8);
  if (count > mostEntries) throw damagedImage(format, "region table");
  return Array.from({ length: count }, (_, index) => {
    const at = 16 + index * 32;
    return { guid: table.hex(at, 16), offset: table.place(at + 16), length: table.u32(at + 24) };
  });
}

function metadataRegion(head: Uint8Array): Region {
  const entries = regionEntries(head);
  const known: readonly string[] = Object.values(regions);
  if (entries.length !== 2 || new Set(entries.map(({ guid }) => guid)).size !== 2)
    throw damagedImage(format, "region table");
  for (const { guid, offset, length } of entries)
    if (!known.includes(guid) || offset < mib || offset % mib !== 0 || length === 0 || length % mib !== 0)
      throw damagedImage(format, "region table");
  const found = entries.find(({ guid }) => guid === regions.metadata);
  if (!found || found.length > 4 * mib) throw damagedImage(format, "metadata region");
  // Of the longer ones too only a little is used.
  return { offset: found.offset, length: mib };
}

function checkMetadata(metadata: Uint8Array): number {
  if (!hasAt(metadata, 0, "metadata")) throw damagedImage(format, "metadata");
  const fields = fieldsOf(metadata, format, "little");
  const found = metadataItems(fields);
  const at = (guid: string): number => {
    const offset = found.get(guid);
    if (offset === undefined) throw damagedImage(format, "metadata");
    return offset;
  };
  if (found.has(items.parentLocator)) throw dependentImage(format, "parent locator");
  const [block, flags] = [fields.u32(at(items.parameters)), fields.u32(at(items.parameters) + 4)];
  if ((flags & 0b10) !== 0) throw dependentImage(format, "parent");
  if (!isPowerOfTwo(block) || block < mib || block > 256 * mib) throw damagedImage(format, "block size");
  const sector = fields.u32(at(items.logicalSector));
  if (sector !== 512 && sector !== 4_096) throw damagedImage(format, "sector size");
  const physical = fields.u32(at(items.physicalSector));
  if (physical !== 512 && physical !== 4_096) throw damagedImage(format, "sector size");
  return diskSize(format, fields.u64(at(items.diskSize)));
}

/** Where each of them lies. */
function metadataItems(fields: Fields): Map<string, number> {
  const count = fields.u16(10);
  if (count > mostEntries) throw damagedImage(format, "metadata");
  const known: readonly string[] = Object.values(items);
  const found = new Map<string, number>();
  for (let index = 0; index < count; index += 1) {
    const at = 32 + index * 32;
    const [guid, offset] = [fields.hex(at, 16), fields.u32(at + 16)];
    const required = (fields.u32(at + 24) & 0b100) !== 0;
    if (found.has(guid) || (required && !known.includes(guid))) throw damagedImage(format, "metadata item");
    if (known.includes(guid) && guid !== items.parentLocator && offset < tableBytes)
      throw damagedImage(format, "metadata item");
    found.set(guid, offset);
  }
  return found;
}
