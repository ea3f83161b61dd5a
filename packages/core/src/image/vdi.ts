/** VDI, dynamic or static; one that differs from a parent needs it. */
import { diskSize, fieldsOf, hasAt, isZero, requireInside } from "./fields.ts";
import type { FormatReader } from "./format.ts";
import { damagedImage, dependentImage } from "./refusal.ts";

const format = "vdi";
const block = 1024 ** 2;
const types = { dynamic: 1, static: 2 } as const;

export const vdi: FormatReader = {
  format,
  matches: ({ head }) => hasAt(head, 0x40, "\x7f\x10\xda\xbe"),
  inspect: ({ head, size }) => {
    const fields = fieldsOf(head, format, "little");
    if (fields.u32(0x44) !== 0x00010001) throw damagedImage(format, "version");
    const type = fields.u32(0x4c);
    if (type !== types.dynamic && type !== types.static) throw dependentImage(format, "image type");
    if (!isZero(fields.bytes(0x1a8, 32))) throw dependentImage(format, "parent");
    const bytes = diskSize(format, fields.u64(0x170));
    if (fields.u32(0x168) !== 512 || fields.u32(0x178) !== block || fields.u32(0x17c) !== 0)
      throw damagedImage(format, "block size");
    const [blocks, allocated] = [fields.u32(0x180), fields.u32(0x184)];
    if (blocks !== Math.ceil(bytes / block) || allocated > blocks) throw damagedImage(format, "block count");
    const [map, data] = [fields.u32(0x154), fields.u32(0x158)];
    if (map < 512 || map % 512 !== 0 || data % 512 !== 0 || data < map + blocks * 4)
      throw damagedImage(format, "block map");
    requireInside(format, size, map, blocks * 4, "the block map");
    return bytes;
  },
};
