/** Numbers and words at their places in a file; whatever lies outside of it is a damaged file. */
import { type ImageFormat, mostVirtualBytes } from "./format.ts";
import { damagedImage, hugeImage } from "./refusal.ts";

export type Fields = {
  u8: (offset: number) => number;
  u16: (offset: number) => number;
  u32: (offset: number) => number;
  u64: (offset: number) => bigint;
  /** As `u64`, of what is a size or a place: throws for more than a number holds. */
  place: (offset: number) => number;
  hex: (offset: number, length: number) => string;
  bytes: (offset: number, length: number) => Uint8Array;
};

export function fieldsOf(bytes: Uint8Array, format: ImageFormat, order: "little" | "big"): Fields {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const little = order === "little";
  const within = (offset: number, length: number) => {
    if (offset < 0 || offset + length > bytes.length) throw damagedImage(format, "it ends too early");
    return offset;
  };
  const u64 = (offset: number) => view.getBigUint64(within(offset, 8), little);
  return {
    u8: (offset) => view.getUint8(within(offset, 1)),
    u16: (offset) => view.getUint16(within(offset, 2), little),
    u32: (offset) => view.getUint32(within(offset, 4), little),
    u64,
    place: (offset) => {
      const value = u64(offset);
      if (value > BigInt(Number.MAX_SAFE_INTEGER)) throw damagedImage(format, "a place is out of range");
      return Number(value);
    },
    hex: (offset, length) => hexOf(bytes.subarray(within(offset, length), offset + length)),
    bytes: (offset, length) => bytes.subarray(within(offset, length), offset + length),
  };
}

export function hexOf(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

export function hasAt(bytes: Uint8Array, offset: number, mark: string): boolean {
  if (offset < 0 || offset + mark.length > bytes.length) return false;
  for (let index = 0; index < mark.length; index += 1)
    if (bytes[offset + index] !== mark.charCodeAt(index)) return false;
  return true;
}

export function isZero(bytes: Uint8Array): boolean {
  return bytes.every((byte) => byte === 0);
}

export function isPowerOfTwo(value: number): boolean {
  return value > 0 && Number.isInteger(Math.log2(value));
}

/** Throws for a disk without a byte, and for one that nobody has. Answers whole sectors. */
export function diskSize(format: ImageFormat, size: bigint | number): number {
  if (BigInt(size) === 0n) throw damagedImage(format, "its disk has no size");
  if (BigInt(size) > BigInt(mostVirtualBytes)) throw hugeImage(mostVirtualBytes);
  return Math.ceil(Number(size) / 512) * 512;
}

/** Throws when a table reaches beyond the end of the file, as soon as that is known. */
export function requireInside(
  format: ImageFormat,
  size: number | null,
  offset: number,
  length: number,
  what: string,
): void {
  if (size !== null && offset + length > size) throw damagedImage(format, `${what} lies outside`);
}
