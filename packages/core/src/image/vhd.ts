/** VHD (QEMU calls it vpc), fixed or dynamic; a differencing one needs its parent. */
import { diskSize, type Fields, fieldsOf, hasAt, isPowerOfTwo, isZero, requireInside } from "./fields.ts";
import type { FileView, FormatReader } from "./format.ts";
import { damagedImage, dependentImage } from "./refusal.ts";

const format = "vhd";
const cookie = "conectix";
const footerBytes = 512;
const noHeader = 0xffffffffffffffffn;
const types = { fixed: 2, dynamic: 3, differencing: 4 } as const;

export const vhd: FormatReader = {
  format,
  matches: ({ head, tail }) => hasAt(head, 0, cookie) || hasAt(tail, tail.length - footerBytes, cookie),
  inspect: (view) => {
    const { head, tail, size } = view;
    const dynamic = hasAt(head, 0, cookie);
    if (!dynamic && size === null) return 0;
    const footer = dynamic ? head.subarray(0, footerBytes) : tail.subarray(tail.length - footerBytes);
    if (size !== null && dynamic) requireSameAtEnd(footer, tail);
    const fields = fieldsOf(footer, format, "big");
    requireSum(footer, 64, footerBytes);
    if (fields.u32(12) !== 0x00010000) throw damagedImage(format, "version");
    const type = fields.u32(60);
    if (type === types.differencing) throw dependentImage(format, "differencing disk");
    if (type !== (dynamic ? types.dynamic : types.fixed)) throw damagedImage(format, "disk type");
    const bytes = diskSize(format, fields.u64(48));
    if (dynamic) checkDynamic(view, fields, bytes);
    else checkFixed(fields, bytes, size ?? 0);
    return bytes;
  },
};

function requireSameAtEnd(footer: Uint8Array, tail: Uint8Array): void {
  const end = tail.subarray(tail.length - footerBytes);
  if (end.length !== footerBytes || !footer.every((byte, index) => byte === end[index]))
    throw damagedImage(format, "footer");
}

/** The complement of the sum of all bytes but those that hold it. */
function requireSum(bytes: Uint8Array, at: number, length: number): void {
  const sum = bytes
    .subarray(0, length)
    .reduce((all, byte, index) => (index >= at && index < at + 4 ? all : all + byte), 0);
  if (fieldsOf(bytes, format, "big").u32(at) !== ~sum >>> 0) throw damagedImage(format, "checksum");
}

function checkFixed(fields: Fields, bytes: number, size: number): void {
  if (fields.u64(16) !== noHeader) throw damagedImage(format, "header's place");
  if (bytes + footerBytes !== size) throw damagedImage(format, "its size is not its disk's");
}

function checkDynamic({ head, size }: FileView, footer: Fields, bytes: number): void {
  const at = footer.place(16);
  if (at < footerBytes || at > 65_536 || at % 512 !== 0) throw damagedImage(format, "header's place");
  const header = fieldsOf(head, format, "big").bytes(at, 1_024);
  if (!hasAt(header, 0, "cxsparse")) throw damagedImage(format, "header");
  requireSum(header, 36, 1_024);
  const fields = fieldsOf(header, format, "big");
  // Its parent's id, and where parents would be looked for.
  if (!isZero(header.subarray(40, 56)) || !isZero(header.subarray(576, 768)))
    throw dependentImage(format, "parent");
  const [table, entries, block] = [fields.place(16), fields.u32(28), fields.u32(32)];
  if (!isPowerOfTwo(block) || block < 4_096 || block > 256 * 1024 ** 2)
    throw damagedImage(format, "block size");
  const needed = Math.ceil(bytes / block);
  // Some leave room for what QEMU's geometry rounds up to.
  if (entries < needed || entries > needed + 1_024) throw damagedImage(format, "block table");
  if (table < footerBytes || table % 512 !== 0) throw damagedImage(format, "block table");
  requireInside(format, size, table, entries * 4, "the block table");
}
