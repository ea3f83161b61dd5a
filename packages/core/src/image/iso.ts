/** ISO 9660. A partition table before it (a hybrid, for USB sticks) is the one thing that it may be besides. */
import { diskSize, fieldsOf, hasAt, requireInside } from "./fields.ts";
import type { FormatReader } from "./format.ts";
import { damagedImage } from "./refusal.ts";

const format = "iso";
const descriptors = 0x8000;
const block = 2_048;

export const iso: FormatReader = {
  format,
  matches: ({ head }) => hasAt(head, descriptors + 1, "CD001"),
  inspect: ({ head, size }) => {
    const fields = fieldsOf(head, format, "little");
    if (fields.u8(descriptors) !== 1 || fields.u8(descriptors + 6) !== 1)
      throw damagedImage(format, "volume descriptor");
    if (fields.u16(descriptors + 128) !== block) throw damagedImage(format, "block size");
    const bytes = fields.u32(descriptors + 80) * block;
    if (bytes === 0) throw damagedImage(format, "volume size");
    requireInside(format, size, 0, bytes, "its last block");
    return diskSize(format, size ?? bytes);
  },
};
